//! The sections of update expressions. Start at [`Parser::update`].

use gateway::Fault;

use super::super::super::value::Attr;
use super::super::lexer::Kind;
use super::super::update::{Action, Source, Update};
use super::Parser;

const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

impl Parser<'_> {
    /// A whole update.
    pub(in super::super) fn update(mut self) -> Result<Update, Fault> {
        let mut update = Update::default();
        let mut seen = Vec::new();
        while self.peek().kind != Kind::End {
            let word = self.peek().text;
            let section = SECTIONS.into_iter().find(|section| section.eq_ignore_ascii_case(word));
            let Some(section) = section else { return Err(self.unexpected()) };
            if seen.contains(&section) {
                return Err(self.wrong(format!(
                    "The \"{section}\" section can only be used once in an update expression;"
                )));
            }
            seen.push(section);
            self.next();
            update.actions.push(self.action(section)?);
            while self.take(",") {
                update.actions.push(self.action(section)?);
            }
        }
        Ok(update)
    }

    fn action(&mut self, section: &str) -> Result<Action, Fault> {
        let path = self.path()?;
        match section {
            "SET" => {
                self.expect("=")?;
                self.count()?;
                Ok(Action::Set(path, self.source()?))
            }
            "REMOVE" => Ok(Action::Remove(path)),
            "ADD" => {
                let value = self.value()?;
                self.admitted("ADD", &value, value.members().is_some() || is_number(&value))?;
                Ok(Action::Add(path, value))
            }
            _ => {
                let value = self.value()?;
                self.admitted("DELETE", &value, value.members().is_some())?;
                Ok(Action::Delete(path, value))
            }
        }
    }

    fn admitted(&self, operator: &str, value: &Attr, admitted: bool) -> Result<(), Fault> {
        if admitted {
            return Ok(());
        }
        let kind = value.long_kind();
        Err(self.wrong(format!(
            "Incorrect operand type for operator or function; operator: {operator}, operand type: \
             {kind}, typeSet: ALLOWED_FOR_{operator}_OPERAND"
        )))
    }

    /// An operand, or two that are added or subtracted.
    fn source(&mut self) -> Result<Source, Fault> {
        let left = self.part()?;
        let make = match self.peek().text {
            "+" => Source::Plus,
            "-" => Source::Minus,
            _ => return Ok(left),
        };
        let operator = self.next().text;
        self.count()?;
        let right = self.part()?;
        for side in [&left, &right] {
            if let Source::Value(value) = side
                && !is_number(value)
            {
                return Err(self.wrong_type(operator, value.kind()));
            }
        }
        Ok(make(Box::new(left), Box::new(right)))
    }

    fn part(&mut self) -> Result<Source, Fault> {
        if self.take("(") {
            self.deeper()?;
            let inner = self.source()?;
            self.depth -= 1;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.is_call() {
            return self.call();
        }
        match self.peek().kind {
            Kind::Value => Ok(Source::Value(self.value()?)),
            _ => Ok(Source::Path(self.path()?)),
        }
    }

    fn call(&mut self) -> Result<Source, Fault> {
        let name = self.next().text;
        if !["if_not_exists", "list_append"].contains(&name) {
            return Err(self.no_function(name));
        }
        self.count()?;
        self.expect("(")?;
        self.deeper()?;
        let mut operands = vec![self.part()?];
        while self.take(",") {
            operands.push(self.part()?);
        }
        self.depth -= 1;
        self.expect(")")?;
        let count = operands.len();
        let (2, Some(second), Some(first)) = (count, operands.pop(), operands.pop()) else {
            return Err(self.operand_count(name, count));
        };
        if name == "if_not_exists" {
            let Source::Path(path) = first else {
                return Err(self.wrong(format!(
                    "Operator or function requires a document path; operator or function: {name}"
                )));
            };
            return Ok(Source::IfNotExists(path, Box::new(second)));
        }
        for operand in [&first, &second] {
            if let Source::Value(value) = operand
                && !matches!(value, Attr::L(_))
            {
                return Err(self.wrong_type(name, value.kind()));
            }
        }
        Ok(Source::ListAppend(Box::new(first), Box::new(second)))
    }
}

fn is_number(value: &Attr) -> bool {
    matches!(value, Attr::N(_))
}
