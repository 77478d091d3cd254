//! Decides from afar: reads every policy that counts for one access through the public AWS APIs,
//! and asks the policy engine what it means.
//!
//! Must not know whether a local platform or AWS answers, and knows nothing of movements.
