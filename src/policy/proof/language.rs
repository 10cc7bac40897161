//! Regular languages over the ARN's `VERB/path`, and the questions that the proofs ask of them.
//!
//! The automata are a crate's. What it cannot decide within bounds is an error here, and whoever asks must take the
//! answer that refuses more.

use regexsolver::error::EngineError;
use regexsolver::execution_profile::ExecutionProfileBuilder;
use regexsolver::fast_automaton::{CharacterOrder, FastAutomaton, GenerationOptions, PathOrder};
use regexsolver::regex::RegularExpression;
use regexsolver::regex_charclass::char::Char;
use regexsolver::regex_charclass::irange::RangeSet;

/// A question that was not decided: an automaton grew beyond its bound.
#[derive(Debug, thiserror::Error)]
#[error("not decided: {0}")]
pub struct Undecided(#[from] EngineError);

/// The largest automaton that a proof may build. The largest of the demonstration API has some hundred states.
const MAX_STATES: usize = 50_000;

/// Runs a proof within its bounds.
pub(crate) fn bounded<T>(proof: impl FnOnce() -> T) -> T {
    ExecutionProfileBuilder::new().max_number_of_states(MAX_STATES).build().run(proof)
}

/// A regular language.
#[derive(Clone, Debug)]
pub struct Language(FastAutomaton);

impl Language {
    /// The language without any text.
    pub fn nothing() -> Self {
        Self(FastAutomaton::new_empty())
    }

    /// The language of a regular expression, which stands for whole texts; `.` is any character.
    pub fn regex(expression: &str) -> Result<Self, Undecided> {
        Ok(Self(RegularExpression::parse(expression, false)?.to_automaton()?))
    }

    /// The language of an IAM pattern: `*` is any text, `?` any character, and there is no escape.
    pub fn pattern(pattern: &str) -> Result<Self, Undecided> {
        Self::regex(&pattern.chars().map(wildcard).collect::<String>())
    }

    /// Whether both languages have a text in common.
    pub fn meets(&self, other: &Self) -> Result<bool, Undecided> {
        Ok(self.0.has_intersection(&other.0)?)
    }

    /// What both languages have in common.
    pub fn and(&self, other: &Self) -> Result<Self, Undecided> {
        Ok(Self(self.0.intersection(&other.0)?))
    }

    /// What is in either language.
    pub fn or(&self, other: &Self) -> Result<Self, Undecided> {
        Ok(Self(self.0.union(&other.0)?))
    }

    /// What is not in the language.
    fn complement(&self) -> Result<Self, Undecided> {
        let mut complement = self.0.clone();
        complement.complement()?;
        Ok(Self(complement))
    }

    /// What is in this language and not in the other.
    pub fn minus(&self, other: &Self) -> Result<Self, Undecided> {
        if !self.meets(other)? {
            return Ok(self.clone());
        }
        self.and(&other.complement()?)
    }

    /// Whether every text of this language is in the other.
    ///
    /// The other may be a pattern with `?` after `*`, which a deterministic automaton of its own would remember by the
    /// million. What it has in common with this language is small.
    pub fn is_within(&self, other: &Self) -> Result<bool, Undecided> {
        Ok(self.without(other)?.is_empty())
    }

    /// As [`minus`](Self::minus), for a language of few shapes and a pattern of many.
    pub fn without(&self, other: &Self) -> Result<Self, Undecided> {
        let common = self.and(other)?;
        Ok(if common.is_empty() { self.clone() } else { Self(self.0.difference(&common.0)?) })
    }

    /// Whether there is no text in the language.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A text of the language; none if there is none.
    pub fn example(&self) -> Result<Option<String>, Undecided> {
        Ok(if self.is_empty() { None } else { self.samples(1)?.into_iter().next() })
    }

    /// Some texts of the language of different shapes, of plain characters where there are such.
    pub fn samples(&self, count: usize) -> Result<Vec<String>, Undecided> {
        let plain = GenerationOptions::from((PathOrder::Interleave, CharacterOrder::Ascending)).with_charset(plain());
        let samples = self.0.generate_strings(count, 0, plain)?;
        if samples.is_empty() { Ok(self.0.generate_strings(count, 0, PathOrder::Interleave)?) } else { Ok(samples) }
    }
}

/// The characters that examples are made of.
fn plain() -> RangeSet<Char> {
    let range = |from, to| RangeSet::new_from_range(Char::new(from)..=Char::new(to));
    [range('0', '9'), range('A', 'Z'), range('a', 'z'), range('_', '_')]
        .iter()
        .fold(range('-', '/'), |all, part| all.union(part))
}

fn wildcard(letter: char) -> String {
    match letter {
        '*' => ".*".to_owned(),
        '?' => ".".to_owned(),
        _ => literal(letter),
    }
}

/// The regular expression for a text that stands for itself.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().map(literal).collect()
}

fn literal(letter: char) -> String {
    format!("\\x{{{:x}}}", u32::from(letter))
}
