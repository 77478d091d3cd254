//! What a procedure's body is once it has been understood: blocks, variables by number, and pieces
//! of SQL in which `$n` stands for a variable.

use crate::ast::ObjectName;
use crate::types::SqlType;

/// A whole body.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Every variable of every block, by number; a frame of a call has one place for each.
    pub variables: Vec<Variable>,
    /// The numbers of the arguments' variables, in their order.
    pub arguments: Vec<usize>,
    /// The number of `FOUND`.
    pub found: usize,
    /// Queries bound to cursor variables.
    pub cursors: Vec<BoundCursor>,
    /// The outermost block.
    pub block: Block,
}

/// A variable as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    /// Folded name.
    pub name: String,
    /// Its type.
    pub kind: VariableType,
    /// `CONSTANT`: assigned at the block's entry only.
    pub constant: bool,
    /// `NOT NULL`.
    pub not_null: bool,
}

/// A variable's type as written; names of relations are looked up when the block is entered.
#[derive(Debug, Clone, PartialEq)]
pub enum VariableType {
    /// A type of Redshift.
    Sql(SqlType),
    /// `refcursor`: the name of a cursor.
    Cursor,
    /// `RECORD`: takes the shape of what is assigned.
    Record,
    /// `table%ROWTYPE`.
    Row(ObjectName),
    /// `table.column%TYPE`.
    Column {
        /// The table.
        table: ObjectName,
        /// The column.
        column: String,
    },
}

impl VariableType {
    /// Whether it has fields.
    pub fn is_record(&self) -> bool {
        matches!(self, Self::Record | Self::Row(_))
    }
}

/// `name CURSOR [(arguments)] FOR query`.
#[derive(Debug, Clone, PartialEq)]
pub struct BoundCursor {
    /// The cursor variable.
    pub variable: usize,
    /// The variables of its arguments.
    pub arguments: Vec<usize>,
    /// The query.
    pub query: Fragment,
}

/// A piece of SQL: `$n` stands for the n-th reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Fragment {
    /// SQL text. An expression is a whole `SELECT expression`.
    pub text: String,
    /// What `$1`, `$2`, … stand for.
    pub references: Vec<Reference>,
}

impl Fragment {
    /// The variable that the expression consists of, if it is nothing else.
    pub fn only_reference(&self) -> Option<&Reference> {
        match self.references.as_slice() {
            [only] if self.text == "SELECT  $1 " => Some(only),
            _ => None,
        }
    }
}

/// A variable, or one field of a record.
#[derive(Debug, Clone, PartialEq)]
pub enum Reference {
    /// A variable by its number.
    Variable(usize),
    /// A field of a record variable.
    Field(usize, String),
}

/// `[DECLARE …] BEGIN … [EXCEPTION WHEN OTHERS THEN …] END`.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// `<<label>>`.
    pub label: Option<String>,
    /// Variables to set when the block is entered.
    pub declarations: Vec<Declaration>,
    /// The statements.
    pub statements: Vec<Step>,
    /// What `WHEN OTHERS` does.
    pub handler: Option<Handler>,
}

/// A variable set at its block's entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Declaration {
    /// The variable.
    pub variable: usize,
    /// `DEFAULT`; without it the variable is NULL.
    pub default: Option<Fragment>,
}

/// `EXCEPTION WHEN OTHERS THEN statements`.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    /// The variable that is `SQLSTATE` inside.
    pub sqlstate: usize,
    /// The variable that is `SQLERRM` inside.
    pub message: usize,
    /// The statements.
    pub statements: Vec<Step>,
}

/// A statement and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Line of the body, from 1; a line break right at its start does not count.
    pub line: usize,
    /// What it does.
    pub action: Action,
}

/// Where values go: one record, or a list of variables.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A record takes the row's shape.
    Record(usize),
    /// Variables and fields take the columns in order.
    List(Vec<Reference>),
}

/// What a statement does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A nested block.
    Block(Block),
    /// `NULL;`.
    Nothing,
    /// `target := expression`.
    Assign {
        /// What is set.
        target: Reference,
        /// To what.
        value: Fragment,
    },
    /// `SELECT … INTO target …`: the query without its `INTO`.
    SelectInto {
        /// The query.
        query: Fragment,
        /// Where the first row goes.
        target: Target,
    },
    /// A query whose rows nobody wants: `PERFORM …`.
    Perform(Fragment),
    /// Any other SQL statement.
    Sql(Fragment),
    /// `EXECUTE text [INTO target]`.
    Execute {
        /// The expression that gives the statement.
        command: Fragment,
        /// Where its first row goes.
        into: Option<Target>,
    },
    /// `CALL procedure(…)`.
    Call {
        /// The procedure.
        name: ObjectName,
        /// The argument expressions; a plain variable may receive an output.
        arguments: Vec<Fragment>,
        /// The statement's text, for messages.
        text: String,
    },
    /// `IF … ELSIF … ELSE … END IF`.
    If {
        /// Conditions and what they lead to.
        arms: Vec<(Fragment, Vec<Step>)>,
        /// `ELSE`.
        otherwise: Vec<Step>,
    },
    /// `CASE … END CASE`, both forms: with a search expression its value is kept in a variable
    /// that the arms' conditions compare.
    Case {
        /// The search expression and its variable.
        search: Option<(usize, Fragment)>,
        /// Conditions and what they lead to.
        arms: Vec<(Fragment, Vec<Step>)>,
        /// `ELSE`; without one it is an error when no arm fits.
        otherwise: Option<Vec<Step>>,
    },
    /// A loop of any kind.
    Loop(Loop),
    /// `EXIT` or `CONTINUE`.
    Leave {
        /// `CONTINUE`.
        again: bool,
        /// The loop's or block's label.
        label: Option<String>,
        /// `WHEN`.
        when: Option<Fragment>,
    },
    /// `RETURN`.
    Return,
    /// `RAISE level 'format', variable, …`.
    Raise {
        /// How loud.
        level: Level,
        /// Text with `%` for each variable.
        format: String,
        /// The variables.
        arguments: Vec<Reference>,
    },
    /// `RAISE;`: the caught error again.
    Reraise,
    /// `OPEN cursor …`.
    Open {
        /// The cursor variable.
        cursor: usize,
        /// What it reads.
        source: CursorSource,
    },
    /// `FETCH cursor INTO target`.
    Fetch {
        /// The cursor variable.
        cursor: usize,
        /// Where the row goes.
        target: Target,
    },
    /// `CLOSE cursor`.
    Close {
        /// The cursor variable.
        cursor: usize,
    },
    /// `GET DIAGNOSTICS target := ROW_COUNT`.
    RowCount(Reference),
    /// `COMMIT`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// `START TRANSACTION`.
    StartTransaction,
}

/// What an `OPEN` reads.
#[derive(Debug, Clone, PartialEq)]
pub enum CursorSource {
    /// The query bound to the variable, with these arguments.
    Bound(Vec<Fragment>),
    /// `FOR SELECT …`.
    Query(Fragment),
    /// `FOR EXECUTE text`.
    Dynamic(Fragment),
}

/// A loop.
#[derive(Debug, Clone, PartialEq)]
pub struct Loop {
    /// `<<label>>`.
    pub label: Option<String>,
    /// What keeps it going.
    pub kind: LoopKind,
    /// The statements.
    pub body: Vec<Step>,
}

/// What keeps a loop going.
#[derive(Debug, Clone, PartialEq)]
pub enum LoopKind {
    /// `LOOP`: until something leaves it.
    Endless,
    /// `WHILE condition LOOP`.
    While(Fragment),
    /// `FOR variable IN [REVERSE] from .. to LOOP`.
    Range {
        /// The loop's own integer variable.
        variable: usize,
        /// First value.
        from: Fragment,
        /// Last value.
        to: Fragment,
        /// `REVERSE`: downwards.
        reverse: bool,
    },
    /// `FOR target IN query LOOP`.
    Query {
        /// What each row is assigned to.
        target: Target,
        /// The query.
        query: Fragment,
    },
    /// `FOR target IN EXECUTE text LOOP`.
    Dynamic {
        /// What each row is assigned to.
        target: Target,
        /// The expression that gives the query.
        command: Fragment,
    },
}

/// How loud a `RAISE` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `LOG`: for the server's log, not for the client.
    Log,
    /// `INFO`.
    Info,
    /// `NOTICE`.
    Notice,
    /// `WARNING`.
    Warning,
    /// `EXCEPTION`: an error.
    Exception,
}

impl Action {
    /// How the context of an error calls the statement.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Block(_) => "block",
            Self::Nothing => "null",
            Self::Assign { .. } => "assignment",
            Self::SelectInto { .. } => "select into variables",
            Self::Perform(_) => "perform",
            Self::Sql(_) => "SQL statement",
            Self::Execute { .. } => "execute statement",
            Self::Call { .. } => "call",
            Self::If { .. } => "if",
            Self::Case { .. } => "case",
            Self::Loop(found) => match found.kind {
                LoopKind::Endless => "loop",
                LoopKind::While(_) => "while",
                LoopKind::Range { .. } => "for with integer loopvar",
                LoopKind::Query { .. } => "for over select rows",
                LoopKind::Dynamic { .. } => "for over execute statement",
            },
            Self::Leave { again: false, .. } => "exit",
            Self::Leave { again: true, .. } => "continue",
            Self::Return => "return",
            Self::Raise { .. } | Self::Reraise => "raise",
            Self::Open { .. } => "open",
            Self::Fetch { .. } => "fetch",
            Self::Close { .. } => "close",
            Self::RowCount(_) => "get diagnostics",
            Self::Commit => "commit",
            Self::Rollback => "rollback",
            Self::StartTransaction => "start transaction",
        }
    }
}
