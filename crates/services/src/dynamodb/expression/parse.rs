//! The parser of every expression: one descent over the tokens.
//!
//! It resolves placeholders as it meets them and refuses what DynamoDB refuses before an item is
//! looked at, such as an operand of a type that an operator never takes. Start at
//! [`Parser::condition`].

mod functions;
mod updates;

use gateway::Fault;

use super::super::faults::invalid;
use super::super::value::Attr;
use super::condition::{Comparison, Condition, Operand};
use super::lexer::{Kind, Token, tokens};
use super::path::{Path, Step};
use super::{MAX_BYTES, Placeholders, words};

/// Deepest nesting of brackets and negations. DynamoDB's own bound is not documented.
const MAX_DEPTH: usize = 100;
/// Most operators and functions of an expression.
const MAX_OPERATORS: usize = 300;
/// Most operands of `IN` behind the first.
const MAX_LIST: usize = 100;
/// The largest index of a list's element.
const MAX_INDEX: usize = 1_000_000;

pub(super) struct Parser<'a> {
    what: &'static str,
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    known: &'a Placeholders,
    operators: usize,
    depth: usize,
}

const END: Token<'static> = Token { kind: Kind::End, text: "<EOF>", start: 0, end: 0 };

impl<'a> Parser<'a> {
    pub(super) fn new(
        what: &'static str,
        text: &'a str,
        known: &'a Placeholders,
    ) -> Result<Self, Fault> {
        let tokens = tokens(text);
        let parser = Self { what, text, tokens, at: 0, known, operators: 0, depth: 0 };
        if text.len() > MAX_BYTES {
            let size = text.len();
            return Err(parser.wrong(format!(
                "Expression size has exceeded the maximum allowed size; expression size: {size}"
            )));
        }
        if text.trim().is_empty() {
            return Err(parser.wrong("The expression can not be empty;"));
        }
        Ok(parser)
    }

    /// A whole condition.
    pub(super) fn condition(mut self) -> Result<Condition, Fault> {
        let condition = self.any_of()?;
        self.end()?;
        Ok(condition)
    }

    /// Paths between commas.
    pub(super) fn paths(mut self) -> Result<Vec<Path>, Fault> {
        let mut paths = vec![self.path()?];
        while self.take(",") {
            paths.push(self.path()?);
        }
        self.end()?;
        Ok(paths)
    }

    fn any_of(&mut self) -> Result<Condition, Fault> {
        let mut left = self.all_of()?;
        while self.take_word("OR") {
            self.count()?;
            left = Condition::Or(Box::new(left), Box::new(self.all_of()?));
        }
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Condition, Fault> {
        let mut left = self.negation()?;
        while self.take_word("AND") {
            self.count()?;
            left = Condition::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Condition, Fault> {
        if !self.take_word("NOT") {
            return self.single();
        }
        self.count()?;
        self.deeper()?;
        let inner = self.negation()?;
        self.depth -= 1;
        Ok(Condition::Not(Box::new(inner)))
    }

    /// A condition in brackets, a function, or a comparison.
    fn single(&mut self) -> Result<Condition, Fault> {
        if self.peek().text == "(" && self.peek().kind == Kind::Symbol {
            self.next();
            let redundant = self.peek().text == "(";
            let from = self.at;
            self.deeper()?;
            let inner = self.any_of()?;
            self.depth -= 1;
            // `((a = :b))`: the inner brackets end where the outer ones do.
            if redundant && self.peek().text == ")" && self.encloses(from) {
                return Err(self.wrong("The expression has redundant parentheses;"));
            }
            self.expect(")")?;
            return Ok(inner);
        }
        if self.is_call() && !self.peek().text.eq_ignore_ascii_case("size") {
            return self.function();
        }
        let left = self.operand()?;
        self.comparison(left)
    }

    /// Whether the bracket at a token is closed by the token before this one.
    fn encloses(&self, from: usize) -> bool {
        let mut depth = 0_i32;
        for (at, token) in self.tokens.iter().enumerate().take(self.at).skip(from) {
            match token.text {
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return at + 1 == self.at;
            }
        }
        false
    }

    fn comparison(&mut self, left: Operand) -> Result<Condition, Fault> {
        if self.take_word("BETWEEN") {
            self.count()?;
            let low = self.operand()?;
            self.expect_word("AND")?;
            let high = self.operand()?;
            self.check_bounds(&left, &low, &high)?;
            return Ok(Condition::Between(left, low, high));
        }
        if self.take_word("IN") {
            self.count()?;
            return self.list_of(left);
        }
        let token = self.peek();
        let how = match token.text {
            "=" => Comparison::Equal,
            "<>" => Comparison::Unequal,
            "<" => Comparison::Less,
            "<=" => Comparison::AtMost,
            ">" => Comparison::More,
            ">=" => Comparison::AtLeast,
            _ => return Err(self.unexpected()),
        };
        self.next();
        self.count()?;
        let right = self.operand()?;
        if left == right && matches!(left, Operand::Path(_)) {
            return Err(self.same(how.text(), &left));
        }
        if !matches!(how, Comparison::Equal | Comparison::Unequal) {
            self.check_ordered(how.text(), &left)?;
            self.check_ordered(how.text(), &right)?;
        }
        Ok(Condition::Compare(left, how, right))
    }

    fn list_of(&mut self, left: Operand) -> Result<Condition, Fault> {
        self.expect("(")?;
        let mut list = vec![self.operand()?];
        while self.take(",") {
            list.push(self.operand()?);
        }
        self.expect(")")?;
        if list.len() > MAX_LIST {
            let count = list.len();
            return Err(self.wrong(format!(
                "The IN operator is provided with too many operands; number of operands: {count}"
            )));
        }
        Ok(Condition::In(left, list))
    }

    /// A path, a value, or `size(…)`.
    fn operand(&mut self) -> Result<Operand, Fault> {
        if self.is_call() {
            return self.size();
        }
        match self.peek().kind {
            Kind::Value => Ok(Operand::Value(self.value()?)),
            _ => Ok(Operand::Path(self.path()?)),
        }
    }

    /// A `:value`.
    fn value(&mut self) -> Result<Attr, Fault> {
        let token = self.next();
        if token.kind != Kind::Value {
            return Err(self.unexpected_at(self.at.saturating_sub(1)));
        }
        self.known.value(token.text).ok_or_else(|| {
            self.wrong(format!(
                "An expression attribute value used in expression is not defined; attribute \
                 value: {}",
                token.text
            ))
        })
    }

    /// `a.b[2]`
    fn path(&mut self) -> Result<Path, Fault> {
        let attribute = self.name()?;
        self.known.touch(&attribute);
        let mut path = Path::top(attribute);
        loop {
            if self.take(".") {
                path.steps.push(Step::Key(self.name()?));
            } else if self.take("[") {
                let token = self.next();
                let index = token.text.parse::<usize>().ok();
                let index = index.filter(|index| token.kind == Kind::Index && *index <= MAX_INDEX);
                let at = self.at.saturating_sub(1);
                path.steps.push(Step::Index(index.ok_or_else(|| self.unexpected_at(at))?));
                self.expect("]")?;
            } else {
                return Ok(path);
            }
        }
    }

    fn name(&mut self) -> Result<String, Fault> {
        let token = self.next();
        match token.kind {
            Kind::Word if words::is_reserved(token.text) => Err(self.wrong(format!(
                "Attribute name is a reserved keyword; reserved keyword: {}",
                token.text
            ))),
            Kind::Word => Ok(token.text.to_owned()),
            Kind::Name => self.known.name(token.text).ok_or_else(|| {
                self.wrong(format!(
                    "An expression attribute name used in the document path is not defined; \
                     attribute name: {}",
                    token.text
                ))
            }),
            _ => Err(self.unexpected_at(self.at.saturating_sub(1))),
        }
    }

    fn check_ordered(&self, operator: &str, operand: &Operand) -> Result<(), Fault> {
        match operand {
            Operand::Value(value) if !value.is_ordered() => {
                Err(self.wrong_type(operator, value.kind()))
            }
            _ => Ok(()),
        }
    }

    fn check_bounds(&self, what: &Operand, low: &Operand, high: &Operand) -> Result<(), Fault> {
        for operand in [what, low, high] {
            self.check_ordered("BETWEEN", operand)?;
        }
        let (Operand::Value(low), Operand::Value(high)) = (low, high) else { return Ok(()) };
        let shown = |value: &Attr| match value {
            Attr::S(text) | Attr::N(text) | Attr::B(text) => {
                format!("AttributeValue: {{{}:{text}}}", value.kind())
            }
            other => format!("AttributeValue: {{{}}}", other.kind()),
        };
        let rule = match low.order(high) {
            None => "requires same data type for lower and upper bounds",
            Some(order) if order.is_gt() => {
                "requires upper bound to be greater than or equal to lower bound"
            }
            Some(_) => return Ok(()),
        };
        Err(self.wrong(format!(
            "The BETWEEN operator {rule}; lower bound operand: {}, upper bound operand: {}",
            shown(low),
            shown(high)
        )))
    }

    fn same(&self, operator: &str, operand: &Operand) -> Fault {
        let shown = match operand {
            Operand::Path(path) => path.to_string(),
            _ => String::new(),
        };
        self.wrong(format!(
            "The first operand must be distinct from the remaining operands for this operator or \
             function; operator: {operator}, first operand: {shown}"
        ))
    }

    fn wrong_type(&self, operator: &str, kind: &str) -> Fault {
        self.wrong(format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, \
             operand type: {kind}"
        ))
    }

    fn count(&mut self) -> Result<(), Fault> {
        self.operators += 1;
        if self.operators <= MAX_OPERATORS {
            return Ok(());
        }
        let count = self.operators;
        Err(self
            .wrong(format!("The expression contains too many operators; operator count: {count}")))
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            return Ok(());
        }
        Err(self.wrong("The expression is nested too deeply;"))
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or(END)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    /// Whether a word with an opening bracket behind it comes.
    fn is_call(&self) -> bool {
        let behind = self.tokens.get(self.at + 1);
        self.peek().kind == Kind::Word && behind.is_some_and(|token| token.text == "(")
    }

    fn take(&mut self, symbol: &str) -> bool {
        let token = self.peek();
        let found = token.kind == Kind::Symbol && token.text == symbol;
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let token = self.peek();
        let found = token.kind == Kind::Word && token.text.eq_ignore_ascii_case(word);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Fault> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Fault> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn end(&self) -> Result<(), Fault> {
        if self.peek().kind == Kind::End { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Fault {
        self.unexpected_at(self.at)
    }

    /// The syntax error at a token, with the text from the token before it to the one behind it.
    fn unexpected_at(&self, at: usize) -> Fault {
        let token = self.tokens.get(at).copied().unwrap_or(END);
        let before = at.checked_sub(1).and_then(|at| self.tokens.get(at)).unwrap_or(&token);
        let behind = self.tokens.get(at + 1).unwrap_or(&token);
        let near = self.text.get(before.start..behind.end).unwrap_or_default();
        self.wrong(format!("Syntax error; token: \"{}\", near: \"{near}\"", token.text))
    }

    fn wrong(&self, detail: impl std::fmt::Display) -> Fault {
        invalid(format!("Invalid {}: {detail}", self.what))
    }
}
