//! SUPER values in the engine: the functions that rewritten SQL calls for JSON and SUPER.
//!
//! A SUPER value is stored as JSON text under the engine's type JSON. That is exact: integers and
//! decimals keep all their digits (up to 38), a floating-point number is told from a decimal by
//! its exponent (`2.22e+0`, as Redshift prints it), attributes keep their order, and the value
//! null (`null`) differs from the absence of one (NULL). The engine's own JSON functions turn
//! numbers into doubles and compare texts, so only its storage is used; what SUPER means is here.
//!
//! Functions take text and give text, so that the engine needs no knowledge of them but the
//! names; SQL of users cannot name them. It must not know SQL's text or sessions.
//! Start reading at [`register`]; Redshift Developer Guide, "Semi-structured data".

mod dynamic;
mod json;
mod kinds;
mod number;
mod objects;
mod scalar;
mod text;

use super::EngineFault;
use scalar::{Elements, JsonText, add};

/// Makes the functions known to an engine.
pub(super) fn register(root: &duckdb::Connection) -> Result<(), EngineFault> {
    add::<JsonText>(root, "lb_json_parse", text::parse)?;
    add::<String>(root, "lb_json_path_text", text::path_text)?;
    add::<String>(root, "lb_json_element_text", text::element_text)?;
    add::<i32>(root, "lb_json_array_length", text::array_length)?;
    add::<bool>(root, "lb_json_valid", text::is_valid)?;
    add::<JsonText>(root, "lb_split_to_array", text::split)?;

    add::<JsonText>(root, "lb_super", dynamic::from_scalar)?;
    add::<String>(root, "lb_super_scalar", dynamic::to_scalar)?;
    add::<bool>(root, "lb_super_equal", dynamic::equal)?;
    add::<i32>(root, "lb_super_compare", dynamic::compare)?;
    add::<String>(root, "lb_super_order", dynamic::order)?;
    add::<JsonText>(root, "lb_super_arithmetic", dynamic::arithmetic)?;
    add::<JsonText>(root, "lb_super_rounded", dynamic::rounded)?;

    add::<bool>(root, "lb_super_is", kinds::is)?;
    add::<String>(root, "lb_super_type", kinds::type_of)?;
    add::<i32>(root, "lb_super_measure", kinds::measure)?;

    add::<JsonText>(root, "lb_super_get", objects::get)?;
    add::<Elements>(root, "lb_super_elements", objects::elements)?;
    add::<Elements>(root, "lb_super_members", objects::members)?;
    add::<JsonText>(root, "lb_super_array", objects::array)?;
    add::<JsonText>(root, "lb_super_concat", objects::concat)?;
    add::<JsonText>(root, "lb_super_flatten", objects::flatten)?;
    add::<JsonText>(root, "lb_super_subarray", objects::subarray)?;
    add::<JsonText>(root, "lb_super_object", objects::object)?;
    add::<JsonText>(root, "lb_super_rename", objects::rename)
}

#[cfg(test)]
mod tests;
