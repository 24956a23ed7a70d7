//! What the operating system says of this process; Linux only.

use prometheus_client::registry::Registry;

/// Registers the process's metrics.
#[cfg(target_os = "linux")]
pub(super) fn register(registry: &mut Registry) {
    registry.register_collector(Box::new(linux::Process));
}

#[cfg(not(target_os = "linux"))]
pub(super) fn register(_: &mut Registry) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::fmt;
    use std::fs;

    use prometheus_client::collector::Collector;
    use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
    use prometheus_client::metrics::counter::ConstCounter;
    use prometheus_client::metrics::gauge::ConstGauge;

    /// Clock ticks of a second: what the kernel's interface has had on every architecture for decades.
    const TICKS: f64 = 100.0;

    const KIB: u64 = 1024;

    #[derive(Debug)]
    pub(super) struct Process;

    impl Collector for Process {
        fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
            if let Some(seconds) = cpu_seconds() {
                let counter = ConstCounter::new(seconds);
                let help = "Time spent computing, in seconds";
                counter.encode(encoder.encode_descriptor(
                    "process_cpu_seconds",
                    help,
                    None,
                    counter.metric_type(),
                )?)?;
            }
            if let Some(bytes) = resident_bytes() {
                let gauge = ConstGauge::new(bytes.cast_signed());
                let help = "Memory in use, in bytes";
                gauge.encode(encoder.encode_descriptor(
                    "process_resident_memory_bytes",
                    help,
                    None,
                    gauge.metric_type(),
                )?)?;
            }
            if let Ok(files) = fs::read_dir("/proc/self/fd") {
                let gauge = ConstGauge::new(i64::try_from(files.count()).unwrap_or(i64::MAX));
                let help = "Files and sockets open";
                gauge.encode(encoder.encode_descriptor(
                    "process_open_fds",
                    help,
                    None,
                    gauge.metric_type(),
                )?)?;
            }
            Ok(())
        }
    }

    /// proc(5): the 14th and 15th field, counted behind the name, which may hold spaces.
    fn cpu_seconds() -> Option<f64> {
        let stat = fs::read_to_string("/proc/self/stat").ok()?;
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
        let user: f64 = fields.next()?.parse().ok()?;
        let system: f64 = fields.next()?.parse().ok()?;
        Some((user + system) / TICKS)
    }

    fn resident_bytes() -> Option<u64> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
        Some(kib * KIB)
    }
}
