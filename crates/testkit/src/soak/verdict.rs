//! Whether something grows: the later half of a series beside the first one.

use std::fmt;

use serde::Serialize;

/// What a figure may do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Rule {
    /// The median of the later half is at most that of the first half, and so much in parts of it, and so much besides.
    Flat { share: f64, besides: f64 },
    /// It is at most this.
    AtMost(f64),
}

/// What became of one figure.
#[derive(Debug, Clone, Serialize)]
pub struct Verdict {
    pub(super) of: String,
    pub(super) what: &'static str,
    pub(super) unit: Unit,
    /// The median of the first half, where there are halves.
    pub(super) first: Option<f64>,
    /// That of the later half, or the figure itself.
    pub(super) last: f64,
    /// What the later half may be.
    pub(super) limit: f64,
    pub(super) rule: Rule,
}

/// What a figure is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    Bytes,
    Pieces,
    Percent,
}

impl Verdict {
    /// Of a series after its warm-up; `None` if it is too short to have halves.
    pub(super) fn of_series(
        of: &str,
        what: &'static str,
        unit: Unit,
        series: &[f64],
        (share, besides): (f64, f64),
    ) -> Option<Self> {
        let (first, last) = series.split_at(series.len() / 2);
        let (first, last) = (median(first)?, median(last)?);
        Some(Self {
            of: of.to_owned(),
            what,
            unit,
            first: Some(first),
            last,
            limit: first * (1.0 + share) + besides,
            rule: Rule::Flat { share, besides },
        })
    }

    /// Of one figure.
    pub(super) fn of_figure(of: &str, what: &'static str, unit: Unit, figure: f64, limit: f64) -> Self {
        Self {
            of: of.to_owned(),
            what,
            unit,
            first: None,
            last: figure,
            limit,
            rule: Rule::AtMost(limit),
        }
    }

    /// Whether it keeps to its rule. A figure that is none does not.
    pub fn keeps(&self) -> bool {
        self.last <= self.limit
    }
}

fn median(series: &[f64]) -> Option<f64> {
    let mut sorted = series.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.first.map(|first| self.unit.said(first)).unwrap_or_default();
        let verdict = match (self.keeps(), self.rule) {
            (true, Rule::Flat { .. }) => "flat",
            (false, Rule::Flat { .. }) => "GROWS",
            (true, Rule::AtMost(_)) => "ok",
            (false, Rule::AtMost(_)) => "TOO MUCH",
        };
        write!(
            f,
            "{:7} {:26} {first:>11} {:>11} {:>11}  {verdict}",
            self.of,
            self.what,
            self.unit.said(self.last),
            self.unit.said(self.limit),
        )
    }
}

impl Unit {
    fn said(self, figure: f64) -> String {
        match self {
            Self::Bytes if figure >= 1024.0 * 1024.0 => format!("{:.1} MiB", figure / (1024.0 * 1024.0)),
            Self::Bytes if figure >= 10.0 * 1024.0 => format!("{:.0} KiB", figure / 1024.0),
            Self::Bytes => format!("{figure:.0} B"),
            Self::Pieces => format!("{figure:.0}"),
            Self::Percent => format!("{figure:.2} %"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(series: &[f64]) -> Verdict {
        Verdict::of_series("relay", "memory", Unit::Bytes, series, (0.1, 1.0)).unwrap()
    }

    #[test]
    fn what_wavers_is_flat_and_what_rises_slowly_grows() {
        assert!(of(&[50.0, 52.0, 50.0, 51.0, 50.0, 53.0]).keeps());
        let rising: Vec<f64> = (0..100).map(|at| 50.0 + f64::from(at) / 4.0).collect();
        assert!(!of(&rising).keeps());
    }

    #[test]
    fn one_peak_is_no_growth_and_hides_none() {
        assert!(of(&[50.0, 50.0, 50.0, 50.0, 900.0, 50.0]).keeps());
        assert!(!of(&[50.0, 900.0, 50.0, 60.0, 60.0, 60.0]).keeps());
    }

    #[test]
    fn a_figure_that_is_none_does_not_pass() {
        assert!(!Verdict::of_figure("relay", "idle", Unit::Percent, f64::NAN, 1.0).keeps());
        assert!(Verdict::of_figure("relay", "idle", Unit::Percent, 0.4, 1.0).keeps());
        assert!(Verdict::of_series("relay", "memory", Unit::Bytes, &[], (0.1, 1.0)).is_none());
    }
}
