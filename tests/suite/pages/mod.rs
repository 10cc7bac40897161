//! The pages for people: their sentences, their colours, and what they are at a real browser.

mod browser;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use edge_authorizer::pages::colour::Colour;
use edge_authorizer::pages::look::{Look, UnusableLook};
use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: PathBuf) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(path) } else { vec![path] }).collect()
}

/// Every sentence that a page says is in the file of sentences, and none is in there that no page says.
#[test]
fn every_sentence_is_in_one_place() {
    let named = Regex::new(r#""([a-z_]+\.[a-z_.]+)""#).unwrap();
    let said: BTreeSet<String> = [files(root().join("templates")), files(root().join("src/pages"))]
        .concat()
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .flat_map(|text| named.captures_iter(&text).map(|found| found[1].to_owned()).collect::<Vec<_>>())
        .filter(|name| ![".html", ".css", ".js", ".svg", ".txt"].iter().any(|end| name.ends_with(end)))
        .collect();
    let file = fs::read_to_string(root().join("templates/texts/en.txt")).unwrap();
    let sentences: Vec<&str> = file
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split(" = ").next().unwrap())
        .collect();
    let there: BTreeSet<String> = sentences.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(sentences.len(), there.len(), "a name stands there twice");
    assert_eq!(said, there);
}

/// No template has words of its own: outside of tags and expressions there is nothing to translate.
#[test]
fn no_template_has_words_of_its_own() {
    let inline = Regex::new(r#"\son[a-z]+="#).unwrap();
    let gone =
        Regex::new(r"(?s)\{% block shape %\}\w*\{% endblock %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&[a-z]+;")
            .unwrap();
    for file in
        files(root().join("templates")).into_iter().filter(|file| file.extension().is_some_and(|it| it == "html"))
    {
        let text = fs::read_to_string(&file).unwrap();
        let left = gone.replace_all(&text, "");
        assert!(!left.chars().any(char::is_alphabetic), "{}: {}", file.display(), left.trim());
        assert!(!text.contains("|safe"), "{}", file.display());
        assert!(!text.contains("style=") && !inline.is_match(&text), "nothing inline");
    }
}

/// Whatever colour a product has, what is written in it and on it can be read.
#[test]
fn any_colour_can_be_read() {
    let backgrounds = [Colour::WHITE, Colour::BLACK, Colour::rgb(0xf1, 0xf1, 0xec), Colour::rgb(0x26, 0x28, 0x2c)];
    for step in 0..=4096 {
        let number = step * 4095;
        let [_, red, green, blue] = u32::to_be_bytes(number.min(0xff_ffff));
        let colour = Colour::rgb(red, green, blue);
        assert!(colour.contrast(colour.ink()) >= 4.5, "{colour}");
        for background in backgrounds {
            let readable = colour.readable_on(background);
            assert!(readable.contrast(background) >= 4.5, "{colour} on {background}: {readable}");
        }
    }
    assert!((Colour::WHITE.contrast(Colour::BLACK) - 21.0).abs() < 1e-9);
    assert_eq!(Colour::parse("#1f5f5b").unwrap().to_string(), "#1f5f5b");
    for text in ["1f5f5b", "#1f5f5", "#1f5f5b0", "#+f5f5b", "#ggg000", "red", "#1f5f5é"] {
        assert_eq!(Colour::parse(text), None, "{text}");
    }
}

#[test]
fn a_look_is_checked() {
    assert!(Look::new("Acme <b>", Some("#ff0000"), Some("mailto:help@example.com")).is_ok());
    for (name, colour, support, error) in [
        (" ", None, None, UnusableLook::Name),
        ("a\nb", None, None, UnusableLook::Name),
        ("Acme", Some("red;}body{display:none"), None, UnusableLook::Colour),
        ("Acme", None, Some("javascript:alert(1)"), UnusableLook::Support),
        ("Acme", None, Some("http://example.com"), UnusableLook::Support),
    ] {
        assert_eq!(Look::new(name, colour, support).unwrap_err(), error, "{name} {colour:?} {support:?}");
    }
}
