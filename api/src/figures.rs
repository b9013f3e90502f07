//! Figures: counted where things happen, observed when somebody asks.

use std::sync::OnceLock;

use metrics::gauge;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::service::Service;

/// Seconds; the upper ends of a request's latency buckets.
const LATENCY_BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0];

/// The process has one recorder; who asks first installs it.
pub(crate) fn recorder() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

fn install() -> PrometheusHandle {
    let builder = PrometheusBuilder::new().set_buckets(&LATENCY_BUCKETS).unwrap_or_else(|error| {
        tracing::error!(%error, "latencies are shown without buckets");
        PrometheusBuilder::new()
    });
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::warn!("another recorder was installed; /metrics will be empty");
    }
    handle
}

/// What is not counted as it happens: where the partitions stand.
#[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers by their format")]
pub(crate) fn observe(service: &Service) {
    for status in service.ledger.status() {
        let labels = [("partition", status.partition.to_string())];
        gauge!("terminbuch_position_seq", &labels).set(status.position.seq as f64);
        gauge!("terminbuch_in_flight_records", &labels).set(status.in_flight as f64);
        gauge!("terminbuch_owned", &labels).set(f64::from(u8::from(status.owns)));
        gauge!("terminbuch_halted", &labels).set(f64::from(u8::from(status.halted.is_some())));
        gauge!("terminbuch_records_counted", &labels).set(status.tally.counted as f64);
        gauge!("terminbuch_records_void", &labels).set(status.tally.void as f64);
        gauge!("terminbuch_records_repeated", &labels).set(status.tally.repeats as f64);
        gauge!("terminbuch_commands_dropped_late", &labels).set(status.tally.late as f64);
        for (lane, waiting) in [("web", status.waiting.0), ("hotline", status.waiting.1)] {
            let labels = [("partition", status.partition.to_string()), ("lane", lane.to_owned())];
            gauge!("terminbuch_mailbox_waiting", &labels).set(waiting as f64);
        }
    }
    for (partition, entries) in service.views.lag().unwrap_or_default() {
        gauge!("terminbuch_views_lag_entries", "partition" => partition.to_string()).set(entries as f64);
    }
}
