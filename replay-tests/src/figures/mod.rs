//! Figures: each beside a yardstick that runs in the same process in the same minute.

pub mod history;
pub mod http;
pub mod kafka;
mod load;
mod long;
pub mod replay;
pub mod report;
pub mod start;
