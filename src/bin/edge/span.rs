//! Lengths of time as people write them: `90d`, `24h`, `2 weeks`.

use jiff::{Span, SpanRelativeTo};

/// Reads a length of time, in seconds; a day has 24 hours. For clap.
pub(crate) fn seconds(text: &str) -> Result<u64, String> {
    // `0` alone is plain enough.
    if text == "0" {
        return Ok(0);
    }
    let unclear = |_| format!("`{text}` is not a length of time: write it as in 90d, 24h, 30m");
    let span: Span = text.parse().map_err(unclear)?;
    let days = SpanRelativeTo::days_are_24_hours();
    let no_length = |_| format!("`{text}` is not of one length everywhere: say it in days");
    let duration = span.to_duration(days).map_err(no_length)?;
    u64::try_from(duration.as_secs()).map_err(|_| format!("`{text}` lies in the past"))
}

/// Writes a length of time in its largest whole unit.
pub(crate) fn show(seconds: u64) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let whole = units.into_iter().find(|(length, _)| seconds > 0 && seconds.is_multiple_of(*length));
    whole.map_or_else(|| format!("{seconds}s"), |(length, unit)| format!("{}{unit}", seconds / length))
}
