//! The request's condition keys as one statement sees them.
//!
//! Knows nothing of operators. Start at [`Keys`].

use crate::request::Context;

/// A view of the context that can hide bucket tags: without attribute-based access control on the
/// bucket, `aws:ResourceTag/…` and `s3:BucketTag/…` count as absent
/// ("Enabling ABAC in general purpose buckets", S3 User Guide).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keys<'a> {
    context: &'a Context,
    hide_bucket_tags: bool,
}

impl<'a> Keys<'a> {
    pub fn new(context: &'a Context, hide_bucket_tags: bool) -> Self {
        Self { context, hide_bucket_tags }
    }

    /// The values of a key given in lower case; `None` when absent.
    pub fn values(&self, key: &str) -> Option<&'a [String]> {
        self.visible(key).then(|| self.context.get_lower(key)).flatten()
    }

    /// The only value of a key given in lower case; a multivalued key counts as having none.
    pub fn single(&self, key: &str) -> Option<&'a str> {
        self.visible(key).then(|| self.context.single_lower(key)).flatten()
    }

    fn visible(&self, key: &str) -> bool {
        let tag = key.starts_with("aws:resourcetag/") || key.starts_with("s3:buckettag/");
        !(self.hide_bucket_tags && tag)
    }
}
