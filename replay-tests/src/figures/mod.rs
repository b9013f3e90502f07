//! Figures: each beside a yardstick that runs in the same process in the same minute.

pub mod history;
pub mod http;
mod load;
pub mod replay;
pub mod report;
