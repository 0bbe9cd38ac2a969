//! The limits of a request, as they were written. Their defaults are the decision contract's own.

use std::num::NonZeroUsize;

use super::count;
use crate::policy::request::Limits;

/// What a request may not exceed, as it was written.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Limits of a request")]
pub(super) struct RawLimits {
    /// Bytes of an id, type or name
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_ID_BYTES",
          default_value_t = contract(|limits| limits.id_bytes), value_parser = count::<NonZeroUsize>)]
    max_id_bytes: NonZeroUsize,
    /// Items of a list
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_LIST_ITEMS",
          default_value_t = contract(|limits| limits.list_items), value_parser = count::<NonZeroUsize>)]
    max_list_items: NonZeroUsize,
    /// Properties of each of subject, action, resource and context
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_PROPERTIES",
          default_value_t = contract(|limits| limits.properties), value_parser = count::<NonZeroUsize>)]
    max_properties: NonZeroUsize,
    /// Nesting of a value
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_NESTING",
          default_value_t = contract(|limits| limits.nesting), value_parser = count::<NonZeroUsize>)]
    max_nesting: NonZeroUsize,
    /// Items of a batch
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_BATCH_ITEMS",
          default_value_t = contract(|limits| limits.batch_items), value_parser = count::<NonZeroUsize>)]
    max_batch_items: NonZeroUsize,
    /// Bytes of a message
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_MESSAGE_BYTES",
          default_value_t = contract(|limits| limits.message_bytes), value_parser = count::<NonZeroUsize>)]
    max_message_bytes: NonZeroUsize,
    /// Results of a page of a search
    #[arg(long, value_name = "N", env = "HALLPASS_MAX_PAGE_ITEMS",
          default_value_t = contract(|limits| limits.page_items), value_parser = count::<NonZeroUsize>)]
    max_page_items: NonZeroUsize,
    /// Results of a page of a search that doesn't say how many it wants; never more than the most that it may have
    #[arg(long, value_name = "N", env = "HALLPASS_PAGE_ITEMS",
          default_value_t = contract(|limits| limits.default_page_items), value_parser = count::<NonZeroUsize>)]
    page_items: NonZeroUsize,
}

impl RawLimits {
    pub(super) fn checked(self) -> Limits {
        Limits {
            id_bytes: self.max_id_bytes.get(),
            list_items: self.max_list_items.get(),
            properties: self.max_properties.get(),
            nesting: self.max_nesting.get(),
            batch_items: self.max_batch_items.get(),
            message_bytes: self.max_message_bytes.get(),
            page_items: self.max_page_items.get(),
            default_page_items: self.page_items.get(),
        }
    }
}

fn contract(limit: fn(Limits) -> usize) -> NonZeroUsize {
    NonZeroUsize::new(limit(Limits::default())).unwrap_or(NonZeroUsize::MIN)
}
