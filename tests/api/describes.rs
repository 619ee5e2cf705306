//! The description and the routes are the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::harness::House;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// Every source file's name and text.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

/// `(method, path)` of every `#[get("…")]` and its like.
fn routes_in_sources() -> BTreeSet<(String, String)> {
    let mut routes = BTreeSet::new();
    for (file, text) in sources() {
        for line in text.lines().map(str::trim) {
            for method in METHODS {
                let Some(path) = line.strip_prefix(&format!("#[{method}(\"")) else { continue };
                let path = path.split('"').next().unwrap().to_owned();
                assert!(routes.insert((method.to_owned(), path.clone())), "{file}: {method} {path} is there twice");
            }
        }
    }
    routes
}

#[test]
fn routes_are_described() {
    let house = House::bare();
    let api = house.anyone().page("/openapi.json").ok();
    assert_eq!(api.str("/openapi"), "3.1.0");
    let mut described = BTreeSet::new();
    for (path, item) in api.at("/paths").as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|m| METHODS.contains(&m.as_str()));
        described.extend(methods.map(|method| (method.clone(), path.clone())));
    }
    let written = routes_in_sources();
    assert!(written.len() >= 4, "the scan finds routes: {written:?}");
    assert_eq!(written, described, "written in the sources (left), described (right)");
    for (method, path) in described {
        let filled = |part: &str| match part {
            "{code}" => "sold_out".to_owned(),
            part if part.starts_with('{') => "1".to_owned(),
            part => part.to_owned(),
        };
        let there = path.split('/').map(filled).collect::<Vec<_>>().join("/");
        let method: &'static str = METHODS.into_iter().find(|m| *m == method).unwrap();
        let address = format!("http://{}{there}", house.running().addr);
        let answer = house.anyone().build(upper(method), address).send();
        assert_ne!(answer.status, 405, "{method} {there} is described and not routed");
        // Without a token a route says who are you; only what is no route says that it is not there.
        assert_ne!(answer.status, 404, "{method} {there} is described and not routed: {}", answer.text());
        assert!(answer.status < 500, "{method} {there}: {}", answer.text());
    }
}

fn upper(method: &str) -> &'static str {
    match method {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        _ => "DELETE",
    }
}

#[test]
fn references_lead_somewhere_and_operations_are_told_apart() {
    let house = House::bare();
    let api = house.anyone().page("/openapi.json").ok();
    let text = api.text();
    for reference in text.split("\"$ref\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let pointer = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads outside"));
        assert!(api.json().pointer(pointer).is_some(), "{reference} leads nowhere");
    }
    let mut ids = BTreeMap::new();
    for (path, item) in api.at("/paths").as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no operationId"));
            let other = ids.insert(id.to_owned(), path);
            assert_eq!(other, None, "{id} is {method} {path} too");
            assert!(operation["tags"].is_array(), "{method} {path} has no tag");
            assert!(operation["responses"]["500"].is_object(), "{method} {path} does not tell its problems");
        }
    }
    assert_eq!(api.str("/components/securitySchemes/bearer/scheme"), "bearer");
    assert_eq!(api.at("/paths/~1livez/get/security/0"), &serde_json::json!({}));
}

/// Two types of one name would silently take each other's place in the description.
#[test]
fn schemas_have_names_of_their_own() {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (file, text) in sources() {
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if !(line.starts_with("#[derive(") && line.contains("ToSchema")) {
                continue;
            }
            let declared = lines.by_ref().find(|l| l.contains("struct ") || l.contains("enum ")).unwrap_or_default();
            let name =
                declared.split_whitespace().skip_while(|word| !matches!(*word, "struct" | "enum")).nth(1).unwrap();
            let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned();
            if let Some(other) = names.insert(name.clone(), file.clone()) {
                panic!("{name} is a schema in {other} and in {file}");
            }
        }
    }
}

#[test]
fn the_page_needs_no_network() {
    let house = House::bare();
    let anyone = house.anyone();
    let moved = anyone.page("/docs").send();
    assert_eq!((moved.status, moved.header("location")), (308, "/docs/"));
    let page = anyone.page("/docs/").ok();
    for source in page.text().split("src=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(source.starts_with("./"), "{source} is not served by this house");
        anyone.page(&format!("/docs/{}", source.trim_start_matches("./"))).ok();
    }
    assert!(!page.text().contains("https://"), "{}", page.text());
    assert!(anyone.page("/docs/swagger-initializer.js").ok().text().contains("/openapi.json"));
}
