//! A whole request, from its bytes to a decoded and validated input, or a fault that is written.
#![no_main]

use landbridge_fuzz::request;
use libfuzzer_sys::fuzz_target;
use wire::{Form, ResponseIds, WireFault};

fn read(parts: &http::request::Parts, body: &[u8]) -> Result<(), WireFault> {
    let form = Form::of_request(parts, body)?;
    let route = wire::route(parts, form.as_ref())?;
    let input = wire::decode(&route, parts, body)?;
    wire::validate(route.model, route.operation, &input)
}

fuzz_target!(|bytes: &[u8]| {
    let Some((parts, body)) = request(bytes) else { return };
    if let Err(fault) = read(&parts, body) {
        assert!((400..600).contains(&fault.status), "{fault:?}");
        let form = Form::of_request(&parts, body).ok().flatten();
        let dialect = wire::dialect_of(&parts, form.as_ref());
        wire::encode_fault(dialect, &fault, &ResponseIds::new("id", "host"));
    }
});
