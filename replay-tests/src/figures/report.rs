//! A figure beside its yardstick.

use serde::Serialize;

/// One row: what was measured, beside what, and whether the ratio meets the aim.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What was measured.
    pub figure: &'static str,
    /// The unit of value and yardstick.
    pub unit: &'static str,
    /// The median of the runs.
    pub value: f64,
    /// The median of the yardstick's runs, each beside one of the figure's.
    pub yardstick: f64,
    /// What the yardstick is.
    pub yardstick_is: &'static str,
    /// The median of the paired ratios: value by yardstick.
    pub ratio: f64,
    /// The ratio aimed for.
    pub aim: f64,
    /// Whether more is better; else less.
    pub more_is_better: bool,
    /// Whether the aim was met.
    pub met: bool,
    /// How many pairs were run.
    pub runs: usize,
}

/// What a figure is, before it is measured.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What is measured.
    pub figure: &'static str,
    /// The unit of value and yardstick.
    pub unit: &'static str,
    /// What the yardstick is.
    pub yardstick_is: &'static str,
    /// The ratio aimed for.
    pub aim: f64,
    /// Whether more is better; else less.
    pub more_is_better: bool,
}

impl Plan {
    /// The row for these pairs of value and yardstick.
    pub fn row(self, pairs: &[(f64, f64)]) -> Figure {
        let ratio = median(pairs.iter().map(|(value, yardstick)| value / yardstick));
        Figure {
            figure: self.figure,
            unit: self.unit,
            value: median(pairs.iter().map(|(value, _)| *value)),
            yardstick: median(pairs.iter().map(|(_, yardstick)| *yardstick)),
            yardstick_is: self.yardstick_is,
            ratio,
            aim: self.aim,
            more_is_better: self.more_is_better,
            met: if self.more_is_better { ratio >= self.aim } else { ratio <= self.aim },
            runs: pairs.len(),
        }
    }
}

impl Figure {
    /// A line for people.
    pub fn line(&self) -> String {
        let sign = if self.more_is_better { "≥" } else { "≤" };
        format!(
            "{:<44} {:>12.1} {} beside {:>12.1} ({}): {:.3}, aim {sign} {}: {} ({} runs)",
            self.figure,
            self.value,
            self.unit,
            self.yardstick,
            self.yardstick_is,
            self.ratio,
            self.aim,
            if self.met { "met" } else { "not met" },
            self.runs
        )
    }
}

/// The middle value; of an even count the upper of the two in the middle, of none not a number.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_pairs_and_not_the_ratio_of_medians() {
        let plan = Plan { figure: "f", unit: "u", yardstick_is: "y", aim: 0.5, more_is_better: true };
        let row = plan.row(&[(1.0, 1.0), (10.0, 100.0), (5.0, 10.0)]);
        assert!((row.ratio - 0.5).abs() < 1e-9 && row.met && row.runs == 3);
        assert!(!Plan { more_is_better: false, aim: 0.4, ..plan }.row(&[(1.0, 2.0)]).met);
    }
}
