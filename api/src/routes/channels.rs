//! Channels: open, draining, closed.

use axum::extract::State;
use axum::response::Response;
use ledger::{Command, OfficeCommand};
use schemas::vocabulary::Channel;

use crate::access::Caller;
use crate::json::{ChannelBody, ReceiptJson};
use crate::problem::{Outcome, Problem};
use crate::sent::{Asked, Ids, Nothing, Sent};
use crate::service::EdgeState;

/// Opens, drains or closes a channel.
#[utoipa::path(put, path = "/v1/channels/{channel}", tag = "channels", request_body = ChannelBody, responses((status = 201, body = ReceiptJson)))]
pub(crate) async fn set_channel(
    State(state): State<EdgeState>,
    caller: Caller,
    Ids(channel): Ids<Channel>,
    Asked(Nothing {}): Asked<Nothing>,
    Sent(body): Sent<ChannelBody>,
) -> Outcome<Response> {
    let can_be_set = [Channel::Web, Channel::Hotline, Channel::Partner, Channel::Centre];
    if !can_be_set.contains(&channel) {
        let detail = format!("{channel} is always open; web, hotline, partner and centre can be set");
        return Err(Problem::new("BadPath").detail(detail));
    }
    body.check()?;
    let command = OfficeCommand::SetChannel { channel, state: body.state, reason: body.reason };
    state.record(&caller, Command::Office(command)).await
}
