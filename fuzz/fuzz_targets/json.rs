//! JSON bodies, into the input of any operation of the JSON protocols.
#![no_main]

use landbridge_fuzz::operation;
use libfuzzer_sys::fuzz_target;
use wire::Route;

fuzz_target!(|bytes: &[u8]| {
    let Some((model, operation, body)) = operation(bytes, |model| model.protocol().is_json()) else {
        return;
    };
    let request = http::Request::post("/bucket/key").body(()).unwrap_or_default();
    let route = Route { model, operation, labels: Vec::new() };
    if let Ok(input) = wire::decode(&route, &request.into_parts().0, body) {
        let _ = wire::validate(model, operation, &input);
    }
});
