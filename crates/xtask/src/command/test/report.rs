//! Which tests failed, read from the JUnit report that nextest, Vitest and Playwright all can write.

use std::fmt;
use std::fs;
use std::path::Path;

use roxmltree::{Document, Node};

/// The tests that failed; at least one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FailedTests(Vec<String>);

impl fmt::Display for FailedTests {
    /// One test to a line, no more of them than a summary can hold.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 20;
        let count = self.0.len();
        write!(f, "{count} {} failed:", if count == 1 { "test" } else { "tests" })?;
        for name in self.0.iter().take(SHOWN) {
            write!(f, "\n{name}")?;
        }
        match count.checked_sub(SHOWN) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, "\nand {more} more"),
        }
    }
}

/// The tests that a report calls failed; none if there is no report, or if it tells of no failed test.
pub(super) fn failed_tests(report: &Path) -> Option<FailedTests> {
    let report = fs::read_to_string(report).ok()?;
    let report = Document::parse(&report).ok()?;
    let failed: Vec<_> = report
        .descendants()
        .filter(|node| node.has_tag_name("testcase") && has_failed(*node))
        .map(|test| {
            let name = test.attribute("name").unwrap_or("a test without a name");
            match test.attribute("classname") {
                Some(suite) => format!("{suite} {name}"),
                None => name.to_owned(),
            }
        })
        .collect();
    (!failed.is_empty()).then_some(FailedTests(failed))
}

fn has_failed(test: Node<'_, '_>) -> bool {
    test.children()
        .any(|child| child.has_tag_name("failure") || child.has_tag_name("error"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_by(report: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("junit.xml");
        fs::write(&path, report).unwrap();
        failed_tests(&path).map(|tests| tests.to_string())
    }

    #[test]
    fn the_failed_tests_are_named_and_the_others_are_not() {
        let report = r#"<?xml version="1.0" encoding="UTF-8"?>
            <testsuites><testsuite name="sotto-relay">
                <testcase name="a_mailbox_fills" classname="sotto-relay"/>
                <testcase name="a_mailbox_empties" classname="sotto-relay"><failure message="left &lt; right"/></testcase>
                <testcase name="a_line_hangs" classname="sotto-relay"><error/><system-out><![CDATA[<failure>]]></system-out></testcase>
            </testsuite></testsuites>"#;
        assert_eq!(
            told_by(report).unwrap(),
            "2 tests failed:\nsotto-relay a_mailbox_empties\nsotto-relay a_line_hangs"
        );
    }

    #[test]
    fn what_a_passed_test_prints_does_not_make_it_fail() {
        let report = r#"<testsuites><testsuite name="a"><testcase name="b" classname="c">
            <system-out><![CDATA[<testcase name="x"><failure/></testcase>]]></system-out>
        </testcase></testsuite></testsuites>"#;
        assert_eq!(told_by(report), None);
    }

    #[test]
    fn a_report_that_cannot_be_read_names_nothing() {
        assert_eq!(told_by("<testsuites>"), None);
        assert_eq!(failed_tests(Path::new("there/is/no/such/report.xml")), None);
    }
}
