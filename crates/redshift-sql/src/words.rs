//! Words that the engine reserves and Redshift does not: as names they must be quoted.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;

/// None of these is syntax in a query of Redshift's.
const ENGINE_ONLY: &[&str] = &[
    "anti",
    "asof",
    "asymmetric",
    "at_",
    "columns",
    "describe",
    "glob",
    "lambda",
    "map",
    "pivot_longer",
    "pivot_wider",
    "placing",
    "positional",
    "returning",
    "semi",
    "show",
    "struct",
    "summarize",
    "symmetric",
    "try_cast",
    "variadic",
    "window",
    "fetch",
    "sample",
    "prewhere",
    "settings",
    "format",
    "final",
    "start",
    "connect_by_root",
];

/// Makes `ARRAY (` the function that it is, unless a query follows, which is all that the parser
/// knows.
pub(crate) fn quote_if_function(token: &mut Token, following: [Option<&Token>; 2]) {
    let [Some(Token::LParen), then] = following else { return };
    let query = matches!(then, Some(Token::Word(word))
        if matches!(word.keyword, Keyword::SELECT | Keyword::WITH | Keyword::VALUES));
    if let Token::Word(word) = token
        && word.keyword == Keyword::ARRAY
        && !query
    {
        word.quote_style = Some('"');
        word.keyword = Keyword::NoKeyword;
    }
}

/// Makes such a word a quoted name, so that neither parser takes it for syntax.
pub(crate) fn quote_if_only_the_engine_reserves_it(token: &mut Token) {
    if let Token::Word(word) = token
        && word.quote_style.is_none()
        && ENGINE_ONLY.contains(&word.value.as_str())
    {
        word.quote_style = Some('"');
        word.keyword = Keyword::NoKeyword;
    }
}
