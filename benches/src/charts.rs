//! The charts of the book.

use std::fs;
use std::path::Path;
use std::thread;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::figure::Figure;
use crate::runtimes::{Class, LIST, Role, profile};

/// A chart: some workloads, each with a bar for every runtime.
struct Chart {
    file: &'static str,
    title: &'static str,
    class: Option<Class>,
    workloads: &'static [&'static str],
}

const FOLDER: &str = "docs/src/charts";

const CHARTS: [Chart; 5] = [
    Chart {
        file: "single-tasks.svg",
        title: "One thread: tasks",
        class: Some(Class::Single),
        workloads: TASKS,
    },
    Chart {
        file: "single-cancel.svg",
        title: "One thread: cancelling, groups, time",
        class: Some(Class::Single),
        workloads: CANCEL,
    },
    Chart {
        file: "pool-tasks.svg",
        title: "Two threads: tasks",
        class: Some(Class::Pool),
        workloads: TASKS,
    },
    Chart {
        file: "pool-cancel.svg",
        title: "Two threads: cancelling, groups, time",
        class: Some(Class::Pool),
        workloads: CANCEL,
    },
    Chart {
        file: "memory.svg",
        title: "Bytes for each parked task",
        class: None,
        workloads: &["parked_heap", "parked_rss"],
    },
];

const TASKS: &[&str] = &[
    "spawn_join",
    "spawn_detached",
    "spawn_outside",
    "chained_spawn",
    "fan_out",
    "yield_many",
    "yield_one",
    "ping_pong",
    "wake_busy",
    "wake_burst",
    "wake_asleep",
];
const CANCEL: &[&str] = &[
    "spawn_sleeping",
    "cancel_sleeping",
    "cancel_unstarted",
    "catch_cancel",
    "forward",
    "cancel_in_timeout",
    "gather",
    "group",
    "sleeps",
    "timers_dropped",
];

/// Pixels.
const WIDTH: u32 = 820;
const MARGIN: i32 = 20;
const HEAD: i32 = 64;
const BAR: i32 = 13;
const GAP: i32 = 12;
/// Where the bars begin, and how long the longest is.
const LEFT: i32 = 320;
const LONGEST: f64 = 380.0;
/// Longer bars are cut: what is so far off need not be compared by eye.
const CUT: f64 = 4.0;

const INK: RGBColor = RGBColor(40, 40, 40);
const PALE: RGBColor = RGBColor(110, 110, 110);

/// Draws the charts from the figures in the file.
pub(crate) fn draw(path: &Path) -> Result<(), String> {
    let failed = |error: &dyn ToString| format!("{}: {}", path.display(), error.to_string());
    let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
    let figures: Vec<Figure> = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    let changed = fs::metadata(path).and_then(|meta| meta.modified()).map_err(|e| failed(&e))?;
    let date = humantime::format_rfc3339_seconds(changed).to_string();
    let date = date.split('T').next().unwrap_or_default();
    let caption = format!("{}, {date}", machine());
    fs::create_dir_all(FOLDER).map_err(|error| format!("{FOLDER}: {error}"))?;
    for chart in &CHARTS {
        let svg =
            chart.svg(&figures, &caption).map_err(|error| format!("{}: {error}", chart.file))?;
        let path = Path::new(FOLDER).join(chart.file);
        fs::write(&path, svg).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// The processor and how many of its cores there are.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", model.unwrap_or("unknown processor"))
}

impl Chart {
    fn svg(&self, figures: &[Figure], caption: &str) -> Result<String, String> {
        let groups = self.groups(figures);
        let height = groups.iter().map(|group| group_height(group)).sum::<i32>() + HEAD + MARGIN;
        let mut svg = String::new();
        {
            let size = (WIDTH, u32::try_from(height).map_err(|error| error.to_string())?);
            let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
            self.draw(&area, &groups, caption).map_err(|error| error.to_string())?;
            area.present().map_err(|error| error.to_string())?;
        }
        Ok(svg)
    }

    /// The bars of each workload, in the order of the list of runtimes.
    fn groups<'a>(&self, figures: &'a [Figure]) -> Vec<Vec<&'a Figure>> {
        let group = |workload: &&str| {
            let bar =
                |name: &str| figures.iter().find(|f| f.workload == *workload && f.runtime == name);
            let fits = LIST.iter().filter(|p| self.class.is_none_or(|class| p.class == class));
            fits.filter_map(|profile| bar(profile.name)).collect::<Vec<_>>()
        };
        self.workloads.iter().map(group).filter(|bars| !bars.is_empty()).collect()
    }

    fn draw<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, Shift>,
        groups: &[Vec<&Figure>],
        caption: &str,
    ) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
        // White in every theme of the book: readable in light and dark.
        area.fill(&WHITE)?;
        area.draw(&Text::new(self.title, (MARGIN, 14), style(17, INK, HPos::Left)))?;
        let note = if self.class.is_some() {
            "ns for an operation; bars by the ratio to cede: shorter than cede's is faster"
        } else {
            "handle included"
        };
        area.draw(&Text::new(note, (MARGIN, 34), style(12, PALE, HPos::Left)))?;
        area.draw(&Text::new(caption, (MARGIN, 49), style(12, PALE, HPos::Left)))?;
        let mut top = HEAD;
        for bars in groups {
            draw_group(area, bars, top)?;
            top += group_height(bars);
        }
        Ok(())
    }
}

fn group_height(bars: &[&Figure]) -> i32 {
    bars.iter().map(|_| BAR).sum::<i32>() + GAP
}

fn draw_group<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    bars: &[&Figure],
    mut top: i32,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let role = |figure: &Figure| profile(&figure.runtime).map(|profile| profile.role);
    let cede = bars.iter().find(|figure| role(figure) == Some(Role::Cede));
    let unit = cede.or(bars.first()).map_or(1.0, |figure| figure.median);
    for (index, figure) in bars.iter().enumerate() {
        let middle = top + BAR / 2;
        if index == 0 {
            let name = style(12, INK, HPos::Left);
            area.draw(&Text::new(figure.workload.as_str(), (MARGIN, middle), name))?;
        }
        let label = style(11, INK, HPos::Right);
        area.draw(&Text::new(figure.runtime.as_str(), (LEFT - 6, middle), label))?;
        let ratio = figure.median / unit;
        let end = LEFT + length(ratio);
        let bar =
            Rectangle::new([(LEFT, top + 1), (end, top + BAR - 1)], color(role(figure)).filled());
        area.draw(&bar)?;
        let cut = if ratio > CUT { "… " } else { "" };
        let value = format!("{cut}{:.0}", figure.median);
        area.draw(&Text::new(value, (end + 5, middle), style(11, INK, HPos::Left)))?;
        top += BAR;
    }
    Ok(())
}

#[expect(clippy::cast_possible_truncation, reason = "a few hundred pixels")]
fn length(ratio: f64) -> i32 {
    (ratio.clamp(0.0, CUT) / CUT * LONGEST) as i32
}

fn color(role: Option<Role>) -> RGBColor {
    match role {
        Some(Role::Cede) => RGBColor(0, 114, 178),
        Some(Role::Floor) => RGBColor(190, 190, 190),
        _ => RGBColor(230, 159, 0),
    }
}

fn style(size: i32, color: RGBColor, anchor: HPos) -> TextStyle<'static> {
    let font = ("sans-serif", size).into_font();
    font.color(&color).pos(Pos::new(anchor, VPos::Center))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_shows_its_class_and_where_it_was_measured() {
        let measured = [
            ("cede-local", vec![100.0]),
            ("tokio-current", vec![900.0]),
            ("tokio-multi", vec![123_456.0]),
        ];
        let figures = Figure::of_workload("spawn_join", measured);
        let svg = CHARTS[0].svg(&figures, "a machine, a day").unwrap();
        for text in ["spawn_join", "cede-local", "tokio-current", "… 900", "a machine, a day"] {
            assert!(svg.contains(text), "no {text} in {svg}");
        }
        assert!(!svg.contains("tokio-multi"));
    }
}
