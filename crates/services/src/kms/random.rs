//! GenerateRandom.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gateway::{Access, Check, Cx, Fault};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RandomInput {
    number_of_bytes: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Random {
    plaintext: String,
}

pub(super) fn access(_: &Cx, _: &RandomInput) -> Result<Access, Fault> {
    Ok(Access::to(Check::on_everything("kms:GenerateRandom")))
}

pub(super) fn generate(cx: &Cx, input: RandomInput) -> Result<Random, Fault> {
    let count = input.number_of_bytes.ok_or_else(|| {
        let text = "NumberOfBytes is required.";
        Fault::new("ValidationException", text).status(400)
    })?;
    let mut bytes = vec![0; count];
    cx.world().entropy().fill(&mut bytes);
    Ok(Random { plaintext: STANDARD.encode(bytes) })
}
