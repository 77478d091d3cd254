//! Small XML documents as a tree, and a writer of them.
//!
//! Knows no shapes. DTDs and unknown entities are refused (no entity can grow), depth is bounded.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::limits::MAX_DEPTH;

/// An element with its attributes, children and text.
#[derive(Debug, Default, Clone)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Self>,
    pub(crate) text: String,
}

/// The document is not well-formed, or deeper than allowed.
#[derive(Debug)]
pub(crate) struct Malformed;

impl Element {
    /// The first child of a name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(name))
    }

    /// All children of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.is(name))
    }

    /// The name without a namespace prefix.
    pub(crate) fn local_name(&self) -> &str {
        local(&self.name)
    }

    /// Whether the element has a name, whatever prefix it is written with.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name || self.local_name() == name
    }

    /// An attribute by name, whatever prefix it is written with.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let wanted = local(name);
        self.attributes
            .iter()
            .find(|(key, _)| local(key) == wanted)
            .map(|(_, value)| value.as_str())
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// Reads a document; the result is its root element.
pub(crate) fn parse(text: &str) -> Result<Element, Malformed> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let event = reader.read_event().map_err(|_| Malformed)?;
        let closed = match event {
            Event::Start(start) => {
                if root.is_some() || open.len() == MAX_DEPTH {
                    return Err(Malformed);
                }
                open.push(element(&start)?);
                None
            }
            Event::Empty(start) => Some(element(&start)?),
            Event::End(_) => Some(open.pop().ok_or(Malformed)?),
            Event::Text(text) => {
                append(&mut open, &text.xml10_content())?;
                None
            }
            Event::CData(text) => {
                append(&mut open, &text.xml10_content())?;
                None
            }
            Event::GeneralRef(reference) => {
                append(&mut open, &resolve(&reference)?)?;
                None
            }
            Event::DocType(_) => return Err(Malformed),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => None,
        };
        match (closed, open.last_mut()) {
            (Some(closed), Some(parent)) => parent.children.push(closed),
            (Some(closed), None) if root.is_none() => root = Some(closed),
            (Some(_), None) => return Err(Malformed),
            (None, _) => {}
        }
    }
    root.filter(|_| open.is_empty()).ok_or(Malformed)
}

fn element(start: &BytesStart<'_>) -> Result<Element, Malformed> {
    let mut element = Element { name: start.name().as_ref().to_owned(), ..Element::default() };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Malformed)?;
        let value = quick_xml::escape::unescape(&attribute.value).map_err(|_| Malformed)?;
        element.attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(element)
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, Malformed> {
    if let Some(character) = reference.resolve_char_ref().map_err(|_| Malformed)? {
        return Ok(character.to_string());
    }
    resolve_predefined_entity(reference).map(str::to_owned).ok_or(Malformed)
}

/// Text belongs to the innermost open element; outside the root only white space may stand.
fn append(open: &mut [Element], text: &str) -> Result<(), Malformed> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() => {}
        None => return Err(Malformed),
    }
    Ok(())
}

/// Writes elements into a string.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    text: String,
    millis: bool,
}

impl Writer {
    /// A document with its declaration.
    pub(crate) fn document() -> Self {
        let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        Self { text: declaration.to_owned(), millis: false }
    }

    /// A document as S3 answers it: every time in it has milliseconds.
    pub(crate) fn answer() -> Self {
        Self { millis: true, ..Self::document() }
    }

    /// Whether times are written with milliseconds even when they are whole seconds.
    pub(crate) fn millis(&self) -> bool {
        self.millis
    }

    /// `<name>`
    pub(crate) fn open(&mut self, name: &str) {
        self.text.push('<');
        self.text.push_str(name);
        self.text.push('>');
    }

    /// `<name attribute="value"…>`
    pub(crate) fn open_with<'a>(
        &mut self,
        name: &str,
        attributes: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) {
        self.text.push('<');
        self.text.push_str(name);
        for (key, value) in attributes {
            self.text.push(' ');
            self.text.push_str(key);
            self.text.push_str("=\"");
            self.escaped(value);
            self.text.push('"');
        }
        self.text.push('>');
    }

    /// `</name>`
    pub(crate) fn close(&mut self, name: &str) {
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push('>');
    }

    /// `<name>text</name>`
    pub(crate) fn element(&mut self, name: &str, text: &str) {
        self.open(name);
        self.escaped(text);
        self.close(name);
    }

    /// Text with everything escaped that XML would read otherwise: markup, and white space that
    /// parsers normalise.
    pub(crate) fn escaped(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '&' => self.text.push_str("&amp;"),
                '"' => self.text.push_str("&quot;"),
                '\r' => self.text.push_str("&#xD;"),
                letter => self.text.push(letter),
            }
        }
    }

    /// The document.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}
