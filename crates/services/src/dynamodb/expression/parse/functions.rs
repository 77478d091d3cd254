//! The functions of conditions. Start at [`Parser::function`].

use gateway::Fault;

use super::super::super::value::Attr;
use super::super::condition::{Condition, Operand};
use super::super::path::Path;
use super::Parser;

/// What `attribute_type` may ask for, in the order of the error text.
const TYPES: [&str; 10] = ["B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"];
/// Functions of update expressions.
const OF_UPDATES: [&str; 2] = ["if_not_exists", "list_append"];

impl Parser<'_> {
    /// A function that is a condition by itself.
    pub(super) fn function(&mut self) -> Result<Condition, Fault> {
        let name = self.next().text;
        let wanted = match name {
            "attribute_exists" | "attribute_not_exists" => 1,
            "attribute_type" | "begins_with" | "contains" => 2,
            _ if OF_UPDATES.contains(&name) => return Err(self.misplaced(name)),
            _ => return Err(self.no_function(name)),
        };
        self.count()?;
        let mut operands = self.operands(name, wanted)?.into_iter();
        let (Some(first), second) = (operands.next(), operands.next()) else {
            return Err(self.unexpected());
        };
        match (name, second) {
            ("attribute_exists", _) => Ok(Condition::Exists(self.document(name, first)?, true)),
            ("attribute_not_exists", _) => {
                Ok(Condition::Exists(self.document(name, first)?, false))
            }
            ("attribute_type", Some(kind)) => self.type_of(first, kind),
            ("begins_with", Some(prefix)) => self.begins_with(first, prefix),
            (_, Some(part)) => {
                if first == part {
                    return Err(self.same(name, &first));
                }
                Ok(Condition::Contains(first, part))
            }
            (_, None) => Err(self.unexpected()),
        }
    }

    /// `size(…)`, the one function that is an operand.
    pub(super) fn size(&mut self) -> Result<Operand, Fault> {
        let name = self.next().text;
        if name != "size" {
            let known = ["attribute_exists", "attribute_not_exists", "attribute_type"];
            let other = ["begins_with", "contains"];
            let known = known.iter().chain(&other).chain(&OF_UPDATES).any(|known| *known == name);
            return Err(if known { self.misplaced(name) } else { self.no_function(name) });
        }
        self.count()?;
        let mut operands = self.operands(name, 1)?;
        let of = operands.pop().ok_or_else(|| self.unexpected())?;
        Ok(Operand::Size(Box::new(of)))
    }

    /// The operands between brackets, as many as a function takes.
    fn operands(&mut self, name: &str, wanted: usize) -> Result<Vec<Operand>, Fault> {
        self.expect("(")?;
        self.deeper()?;
        let mut operands = vec![self.operand()?];
        while self.take(",") {
            operands.push(self.operand()?);
        }
        self.depth -= 1;
        self.expect(")")?;
        if operands.len() == wanted {
            return Ok(operands);
        }
        Err(self.operand_count(name, operands.len()))
    }

    pub(super) fn operand_count(&self, name: &str, count: usize) -> Fault {
        self.wrong(format!(
            "Incorrect number of operands for operator or function; operator or function: {name}, \
             number of operands: {count}"
        ))
    }

    fn document(&self, name: &str, operand: Operand) -> Result<Path, Fault> {
        match operand {
            Operand::Path(path) => Ok(path),
            _ => Err(self.wrong(format!(
                "Operator or function requires a document path; operator or function: {name}"
            ))),
        }
    }

    fn type_of(&self, first: Operand, kind: Operand) -> Result<Condition, Fault> {
        let name = "attribute_type";
        let path = self.document(name, first)?;
        match kind {
            Operand::Value(Attr::S(kind)) if TYPES.contains(&kind.as_str()) => {
                Ok(Condition::Type(path, kind))
            }
            Operand::Value(Attr::S(kind)) => Err(self.wrong(format!(
                "Invalid attribute type name found; type: {kind}, valid types: {{{}}}",
                TYPES.join(",")
            ))),
            Operand::Value(other) => Err(self.wrong_type(name, other.kind())),
            _ => Err(self.wrong_type(name, "{DOCUMENT_PATH}")),
        }
    }

    fn begins_with(&self, first: Operand, prefix: Operand) -> Result<Condition, Fault> {
        for operand in [&first, &prefix] {
            if let Operand::Value(value) = operand
                && !matches!(value, Attr::S(_) | Attr::B(_))
            {
                return Err(self.wrong_type("begins_with", value.kind()));
            }
        }
        if first == prefix {
            return Err(self.same("begins_with", &first));
        }
        Ok(Condition::BeginsWith(first, prefix))
    }

    pub(super) fn no_function(&self, name: &str) -> Fault {
        self.wrong(format!("Invalid function name; function: {name}"))
    }

    fn misplaced(&self, name: &str) -> Fault {
        self.wrong(format!(
            "The function is not allowed to be used this way in an expression; function: {name}"
        ))
    }
}
