//! Statements about row-level security and masking: made, changed, attached, turned on.
//! Redshift Developer Guide, "CREATE RLS POLICY", "CREATE MASKING POLICY" and their kin.

use redshift_sql::{
    Access, Grantee, ObjectName, PolicyColumn, PolicyKind, PolicyStatement, PolicyText,
};

use super::Session;
use super::columns::type_name;
use super::engine_sql::describe_sql;
use crate::catalog::grants::{Holder, Object, Right, give};
use crate::catalog::policies::{self, Attachment, Lookup, Policies, Policy};
use crate::catalog::relations::Relation;
use crate::engine::quote;
use crate::errors::Failure;
use crate::privileges::{Resolved, resolve};

impl Session {
    /// Carries out a statement of this file; gives its tag.
    pub(super) fn run_policy(&mut self, statement: &PolicyStatement) -> Result<(), Failure> {
        if !self.identity()?.manages_policies() {
            return Err(Failure::new(
                "42501",
                "permission denied: must be superuser or have the role sys:secadmin to manage policies",
            ));
        }
        self.atomically(|session| session.change_policies(statement))?;
        self.privileges_changed();
        Ok(())
    }

    fn change_policies(&mut self, statement: &PolicyStatement) -> Result<(), Failure> {
        use PolicyStatement as P;
        let known = policies::load(&self.connection, &self.database)?;
        match statement {
            P::CreateRls { name, columns, alias, predicate } => {
                let alias = alias.clone();
                self.create_rls(&known, name, columns, alias, predicate)
            }
            P::AlterRls { name, predicate } => {
                let mut policy = existing(&known, PolicyKind::Rls, name)?.clone();
                self.set_predicate(&mut policy, predicate)?;
                self.write_policy(&policy)
            }
            P::CreateMasking { name, if_not_exists, columns, expressions } => {
                if known.named(true, name).is_some() {
                    return match if_not_exists {
                        true => Ok(()),
                        false => Err(duplicate(PolicyKind::Masking, name)),
                    };
                }
                let policy = self.new_policy(true, name, columns)?;
                self.set_masks(policy, expressions)
            }
            P::AlterMasking { name, expressions } => {
                let policy = existing(&known, PolicyKind::Masking, name)?.clone();
                self.set_masks(policy, expressions)
            }
            P::Drop { kind, name, if_exists, cascade } => {
                self.drop_policy(&known, *kind, name, *if_exists, *cascade)
            }
            P::AttachRls { name, tables, grantees, attach } => {
                let policy = existing(&known, PolicyKind::Rls, name)?;
                for table in tables {
                    for grantee in grantees {
                        self.attach_rls(&known, policy, table, grantee, *attach)?;
                    }
                }
                Ok(())
            }
            P::AttachMasking { .. } => self.attach_masking(&known, statement),
            P::RowLevelSecurity { table, on, any } => {
                let relation = self.protectable(table)?;
                let (connection, database) = (&self.connection, &self.database);
                policies::set_filtered(connection, database, relation.id, *on, *any)?;
                if *on { self.refuse_materialized(&known, &relation) } else { Ok(()) }
            }
        }
    }

    fn new_policy(
        &self,
        masks: bool,
        name: &str,
        columns: &[PolicyColumn],
    ) -> Result<Policy, Failure> {
        Ok(Policy {
            id: policies::next_id(&self.connection, &self.database)?,
            masks,
            name: name.to_owned(),
            alias: None,
            columns: columns.iter().map(|c| (c.name.clone(), type_name(&c.data_type))).collect(),
            expressions: Vec::new(),
            lookups: Vec::new(),
        })
    }

    fn write_policy(&self, policy: &Policy) -> Result<(), Failure> {
        let (user, now) = (self.user.id, self.cluster.world.now());
        Ok(policies::write(&self.connection, &self.database, policy, user, now)?)
    }

    fn create_rls(
        &mut self,
        known: &Policies,
        name: &str,
        columns: &[PolicyColumn],
        alias: Option<String>,
        predicate: &PolicyText,
    ) -> Result<(), Failure> {
        if known.named(false, name).is_some() {
            return Err(duplicate(PolicyKind::Rls, name));
        }
        let mut policy = Policy { alias, ..self.new_policy(false, name, columns)? };
        self.set_predicate(&mut policy, predicate)?;
        self.write_policy(&policy)
    }

    /// The policy may read its lookup tables, whoever is asked about.
    fn set_predicate(&mut self, policy: &mut Policy, text: &PolicyText) -> Result<(), Failure> {
        policy.lookups = self.lookups(&text.query.accesses)?;
        policy.expressions = vec![(text.text.clone(), String::from("boolean"))];
        let alias = policy.alias.clone().unwrap_or_else(|| String::from("rls_table"));
        let fields = self.try_expressions(policy, &alias)?;
        if fields.first().is_some_and(|kind| kind != "BOOLEAN") {
            return Err(Failure::new("42804", "argument of USING must be type boolean"));
        }
        for lookup in &policy.lookups {
            let object = Object::Relation { schema: &lookup.schema, name: &lookup.name };
            let right = Right { privilege: "SELECT", column: "" };
            let holder = Holder { kind: "rls_policy", id: policy.id };
            let (connection, database) = (&self.connection, &self.database);
            give(connection, database, &object, right, &holder, false, self.user.id)?;
        }
        Ok(())
    }

    fn lookups(&mut self, accesses: &[Access]) -> Result<Vec<Lookup>, Failure> {
        let mut lookups = Vec::new();
        for Access { name, .. } in accesses {
            let found = self.with_scope(|connection, scope| resolve(connection, scope, name))?;
            let Resolved::Relation { database, relation } = found else {
                return Err(not_in_policy(&name.name));
            };
            if database != self.database || relation.is_view() {
                return Err(not_in_policy(&name.name));
            }
            let parts = [name.schema.as_ref(), Some(&name.name)];
            lookups.push(Lookup {
                written: parts.into_iter().flatten().cloned().collect(),
                schema: relation.schema,
                name: relation.name,
            });
        }
        Ok(lookups)
    }

    fn set_masks(&mut self, mut policy: Policy, texts: &[PolicyText]) -> Result<(), Failure> {
        if texts.iter().any(|text| !text.query.accesses.is_empty()) {
            return Err(Failure::not_implemented("a subquery in a masking policy"));
        }
        let before: Vec<String> = policy.expressions.iter().map(|e| e.1.clone()).collect();
        policy.expressions = texts.iter().map(|t| (t.text.clone(), String::new())).collect();
        let kinds = self.try_expressions(&policy, "masked_table")?;
        for (expression, kind) in policy.expressions.iter_mut().zip(kinds) {
            expression.1 = kind;
        }
        for (place, (old, (_, new))) in before.iter().zip(&policy.expressions).enumerate() {
            if old != new {
                return Err(Failure::new(
                    "42804",
                    format!(
                        "The expressions at position {place} have different types in the masking \
                         policy {} and the new policy: \"{old}\" and \"{new}\"",
                        policy.name
                    ),
                ));
            }
        }
        if !before.is_empty() && before.len() != policy.expressions.len() {
            return Err(Failure::new("42601", "the number of expressions must not change"));
        }
        self.write_policy(&policy)
    }

    /// The types of a policy's expressions over its columns: what is wrong with them is told now.
    fn try_expressions(&mut self, policy: &Policy, alias: &str) -> Result<Vec<String>, Failure> {
        let inputs: Vec<String> = policy
            .columns
            .iter()
            .map(|(name, kind)| format!("cast(null as {kind}) as {}", quote(name)))
            .collect();
        let from = match inputs.is_empty() {
            true => String::new(),
            false => format!(" from (select {}) as {}", inputs.join(", "), quote(alias)),
        };
        let items: Vec<String> =
            policy.expressions.iter().map(|(text, _)| format!("({text})")).collect();
        let parsed = self.parse(&format!("select {}{from}", items.join(", ")))?;
        let Some(redshift_sql::Kind::Engine(query)) = parsed.into_iter().next().map(|s| s.kind)
        else {
            return Err(Failure::internal("a policy is no query"));
        };
        let resolution = query.resolve(&redshift_sql::NoCatalog)?;
        self.answer_functions(&resolution.session_functions)?;
        let rows = self.connection.rows(&format!("DESCRIBE {}", resolution.sql))?;
        let engine: Vec<String> =
            rows.iter().filter_map(|row| row.get(1)).map(|kind| kind.text().to_owned()).collect();
        if !policy.masks {
            return Ok(engine);
        }
        let fields =
            super::known::typed(describe_sql(&self.connection, &resolution.sql)?, &resolution);
        Ok(fields.into_iter().map(|field| type_name(&field.kind.sql())).collect())
    }

    fn drop_policy(
        &mut self,
        known: &Policies,
        kind: PolicyKind,
        name: &str,
        if_exists: bool,
        cascade: bool,
    ) -> Result<(), Failure> {
        let Some(policy) = known.named(kind == PolicyKind::Masking, name) else {
            return if if_exists { Ok(()) } else { Err(missing(kind, name)) };
        };
        let attached = known.attachments.iter().any(|a| a.policy == policy.id);
        if attached && !cascade {
            let word = word(kind);
            let mut failure = Failure::new(
                "2BP01",
                format!("cannot drop {word} policy {name} because other objects depend on it"),
            );
            failure.hint = Some(String::from("Detach the policy first."));
            return Err(failure);
        }
        Ok(policies::remove(&self.connection, &self.database, policy.id)?)
    }

    /// A relation of the connected database that can have policies.
    fn protectable(&mut self, name: &ObjectName) -> Result<Relation, Failure> {
        match self.with_scope(|connection, scope| resolve(connection, scope, name))? {
            Resolved::Relation { database, relation } if database == self.database => Ok(relation),
            Resolved::Relation { .. } => {
                Err(Failure::not_implemented("a policy on a relation of another database"))
            }
            Resolved::Temporary { .. } => {
                Err(Failure::not_implemented("a policy on a temporary table"))
            }
            Resolved::System { .. } => Err(Failure::not_implemented("a policy on a system table")),
        }
    }

    /// Rows kept by a materialized view would be seen past the policies of its relations.
    fn refuse_materialized(&self, known: &Policies, relation: &Relation) -> Result<(), Failure> {
        let over = known.reads.keys().filter(|view| known.below(**view).contains(&relation.id));
        for view in over {
            if policies::kind_of(&self.connection, &self.database, *view)? == "m" {
                return Err(Failure::new(
                    "0A000",
                    format!(
                        "relation \"{}\" is read by a materialized view and cannot have policies",
                        relation.name
                    ),
                ));
            }
        }
        Ok(())
    }

    fn concerned(&self, grantee: &Grantee) -> Result<Holder, Failure> {
        let holders = self.holders(std::slice::from_ref(grantee))?;
        let first = holders.into_iter().next().map(|(holder, _)| holder);
        first.ok_or_else(|| Failure::internal("nobody is concerned"))
    }

    fn attach_rls(
        &mut self,
        known: &Policies,
        policy: &Policy,
        table: &ObjectName,
        grantee: &Grantee,
        attach: bool,
    ) -> Result<(), Failure> {
        let relation = self.protectable(table)?;
        let holder = self.concerned(grantee)?;
        let same = |a: &&Attachment| {
            a.policy == policy.id
                && a.relation == relation.id
                && a.kind == holder.kind
                && a.holder == holder.id
        };
        let is_attached = known.attachments.iter().any(|a| same(&a));
        if !attach {
            if !is_attached {
                let text = format!(
                    "RLS policy \"{}\" is not attached to relation \"{}\" for this grantee",
                    policy.name, relation.name
                );
                return Err(Failure::new("42704", text));
            }
            let (connection, database) = (&self.connection, &self.database);
            policies::detach(connection, database, policy.id, relation.id, &holder, None)?;
            return Ok(());
        }
        if is_attached {
            let text = format!(
                "RLS policy \"{}\" is already attached to relation \"{}\" for this grantee",
                policy.name, relation.name
            );
            return Err(Failure::new("42710", text));
        }
        self.require_policy_columns(&relation, policy.columns.iter().map(|c| &c.0))?;
        let others = known.attachments.iter().filter(|a| a.relation == relation.id);
        let mut others = others.filter_map(|a| known.all.get(&a.policy)).filter(|p| !p.masks);
        if others.any(|other| other.alias != policy.alias) {
            let text = format!(
                "all RLS policies on relation \"{}\" must have the same alias",
                relation.name
            );
            return Err(Failure::new("42P17", text));
        }
        self.refuse_materialized(known, &relation)?;
        let attachment = Attachment {
            policy: policy.id,
            relation: relation.id,
            kind: holder.kind.to_owned(),
            holder: holder.id,
            priority: 0,
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        Ok(policies::attach(&self.connection, &self.database, &attachment, self.user.id)?)
    }

    fn require_policy_columns<'a>(
        &mut self,
        relation: &Relation,
        mut names: impl Iterator<Item = &'a String>,
    ) -> Result<(), Failure> {
        let found =
            Resolved::Relation { database: self.database.clone(), relation: relation.clone() };
        let columns = self.columns_of(&found)?.unwrap_or_default();
        match names.find(|name| !columns.iter().any(|column| column.name == **name)) {
            None => Ok(()),
            Some(name) => Err(Failure::new(
                "42703",
                format!("column \"{name}\" does not exist in relation \"{}\"", relation.name),
            )),
        }
    }

    fn attach_masking(
        &mut self,
        known: &Policies,
        statement: &PolicyStatement,
    ) -> Result<(), Failure> {
        let PolicyStatement::AttachMasking {
            name,
            table,
            outputs,
            inputs,
            grantee,
            priority,
            attach,
        } = statement
        else {
            return Err(Failure::internal("no masking"));
        };
        let policy = existing(known, PolicyKind::Masking, name)?;
        let relation = self.protectable(table)?;
        let holder = self.concerned(grantee)?;
        if !attach {
            let (connection, database) = (&self.connection, &self.database);
            let outputs = Some(outputs.as_slice());
            let gone =
                policies::detach(connection, database, policy.id, relation.id, &holder, outputs)?;
            return match gone {
                0 => Err(Failure::new(
                    "42704",
                    format!(
                        "masking policy \"{name}\" is not attached to the given column and grantee"
                    ),
                )),
                _ => Ok(()),
            };
        }
        let inputs = inputs.clone().unwrap_or_else(|| outputs.clone());
        self.require_policy_columns(&relation, outputs.iter().chain(&inputs))?;
        fits(policy, &inputs, outputs)?;
        let attachment = Attachment {
            policy: policy.id,
            relation: relation.id,
            kind: holder.kind.to_owned(),
            holder: holder.id,
            priority: *priority,
            inputs,
            outputs: outputs.clone(),
        };
        refuse_clash(known, policy, &attachment, &relation)?;
        self.refuse_materialized(known, &relation)?;
        Ok(policies::attach(&self.connection, &self.database, &attachment, self.user.id)?)
    }
}

/// As many inputs and outputs as the policy has; one mask of one column may mask several alike.
fn fits(policy: &Policy, inputs: &[String], outputs: &[String]) -> Result<(), Failure> {
    let each = policy.columns.len() == 1 && policy.expressions.len() == 1 && inputs == outputs;
    let whole = inputs.len() == policy.columns.len() && outputs.len() == policy.expressions.len();
    if each || whole {
        return Ok(());
    }
    Err(Failure::new(
        "42601",
        format!("the columns do not match those of masking policy \"{}\"", policy.name),
    ))
}

/// Two policies never stand on one column with one priority.
fn refuse_clash(
    known: &Policies,
    policy: &Policy,
    new: &Attachment,
    relation: &Relation,
) -> Result<(), Failure> {
    let on_column = |a: &&Attachment| {
        a.relation == new.relation
            && a.priority == new.priority
            && a.outputs.iter().any(|column| new.outputs.contains(column))
    };
    for other in known.attachments.iter().filter(on_column) {
        let Some(name) = known.all.get(&other.policy).filter(|p| p.masks).map(|p| &p.name) else {
            continue;
        };
        let why = if other.policy != policy.id {
            "with same priority"
        } else if other.kind == new.kind && other.holder == new.holder {
            "and grantee"
        } else {
            continue;
        };
        return Err(Failure::new(
            "42710",
            format!(
                "DDM policy \"{name}\" is already attached on relation \"{}\" for given column {why}",
                relation.name
            ),
        ));
    }
    Ok(())
}

fn existing<'a>(known: &'a Policies, kind: PolicyKind, name: &str) -> Result<&'a Policy, Failure> {
    known.named(kind == PolicyKind::Masking, name).ok_or_else(|| missing(kind, name))
}

fn word(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Rls => "RLS",
        PolicyKind::Masking => "masking",
    }
}

fn missing(kind: PolicyKind, name: &str) -> Failure {
    Failure::new("42704", format!("{} policy \"{name}\" does not exist", word(kind)))
}

fn duplicate(kind: PolicyKind, name: &str) -> Failure {
    Failure::new("42710", format!("{} policy \"{name}\" already exists", word(kind)))
}

fn not_in_policy(name: &str) -> Failure {
    Failure::new("0A000", format!("relation \"{name}\" is not supported in an RLS policy"))
}
