//! A row of the budget: our figure, its limit, and whether it keeps to it.

use crate::terminal::palette;

/// One figure beside its limit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    what: String,
    figure: f64,
    limit: Option<Limit>,
    unit: &'static str,
    /// What peers take, in the same unit.
    peers: Vec<(&'static str, f64)>,
    remark: String,
}

/// What a figure may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Row {
    /// A figure that must not be above `limit`.
    pub(crate) fn at_most(what: impl Into<String>, figure: f64, limit: f64, unit: &'static str) -> Self {
        Self {
            limit: Some(Limit::AtMost(limit)),
            ..Self::figure(what, figure, unit)
        }
    }

    /// A figure that must not be below `limit`.
    pub(crate) fn at_least(what: impl Into<String>, figure: f64, limit: f64, unit: &'static str) -> Self {
        Self {
            limit: Some(Limit::AtLeast(limit)),
            ..Self::figure(what, figure, unit)
        }
    }

    /// A figure without a limit of its own, which others are measured against.
    pub(crate) fn figure(what: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            figure,
            limit: None,
            unit,
            peers: Vec::new(),
            remark: String::new(),
        }
    }

    /// What a peer takes for the same, in the same unit: a column of its own.
    pub(crate) fn beside(mut self, peer: &'static str, figure: f64) -> Self {
        self.peers.push((peer, figure));
        self
    }

    fn peer(&self, name: &str) -> Option<f64> {
        let found = self.peers.iter().find(|(peer, _)| *peer == name);
        found.map(|(_, figure)| *figure)
    }

    /// Where the limit comes from, or what a peer costs.
    pub(crate) fn because(mut self, remark: impl Into<String>) -> Self {
        self.remark = remark.into();
        self
    }

    /// The figure in parts of its limit.
    fn share(&self) -> Option<f64> {
        self.limit.map(|limit| match limit {
            Limit::AtMost(limit) | Limit::AtLeast(limit) => self.figure / limit,
        })
    }

    fn keeps(&self) -> bool {
        match self.limit {
            Some(Limit::AtMost(limit)) => self.figure <= limit,
            Some(Limit::AtLeast(limit)) => self.figure >= limit,
            None => true,
        }
    }
}

/// Prints the rows as a table, and answers how many are over.
pub(crate) fn print(title: &str, rows: &[Row]) -> usize {
    let colour = palette();
    let width = rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
    let mut peers: Vec<&str> = Vec::new();
    for (peer, _) in rows.iter().flat_map(|row| &row.peers) {
        if !peers.contains(peer) {
            peers.push(peer);
        }
    }
    println!("\n{}{title}{}", colour.bold, colour.plain);
    let titles: String = peers.iter().map(|peer| format!("{peer:>11}")).collect();
    println!(
        "{}{:width$}  {:>12}  {:>14}  ratio      {titles}{}",
        colour.dim, "", "figure", "limit", colour.plain
    );
    for row in rows {
        let figure = format!("{} {}", significant(row.figure), row.unit);
        let limit = row.limit.map(|limit| match limit {
            Limit::AtMost(limit) => format!("≤ {} {}", significant(limit), row.unit),
            Limit::AtLeast(limit) => format!("≥ {} {}", significant(limit), row.unit),
        });
        let verdict = match row.share() {
            Some(share) if row.keeps() => format!("{share:5.2}  {}ok{}  ", colour.green, colour.plain),
            Some(share) => format!("{share:5.2}  {}miss{}", colour.red, colour.plain),
            None => format!("{:5}      ", ""),
        };
        let beside: String = peers
            .iter()
            .map(|peer| format!("{:>11}", row.peer(peer).map(significant).unwrap_or_default()))
            .collect();
        println!(
            "{:width$}  {figure:>12}  {:>14}  {verdict}{beside}  {}{}{}",
            row.what,
            limit.unwrap_or_default(),
            colour.dim,
            row.remark,
            colour.plain
        );
    }
    rows.iter().filter(|row| !row.keeps()).count()
}

/// Three digits that matter.
fn significant(figure: f64) -> String {
    let digits = match figure.abs() {
        it if it >= 100.0 => 0,
        it if it >= 10.0 => 1,
        it if it >= 1.0 => 2,
        _ => 3,
    };
    format!("{figure:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_over_when_it_is_on_the_wrong_side_of_its_limit() {
        assert!(Row::at_most("time", 4.0, 5.0, "ms").keeps());
        assert!(!Row::at_most("time", 6.0, 5.0, "ms").keeps());
        assert!(Row::at_least("messages", 5.0, 5.0, "/s").keeps());
        assert!(!Row::at_least("messages", 4.9, 5.0, "/s").keeps());
        assert!(Row::figure("unit", 61.0, "µs").keeps());
    }

    #[test]
    fn three_digits_matter() {
        assert_eq!(
            ["0.124", "8.60", "45.0", "36600"],
            [0.1239, 8.6, 45.0, 36600.2].map(significant).as_slice()
        );
    }
}
