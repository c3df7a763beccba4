//! TypeScript: the enums of the wire.

use std::fmt::Write as _;

use blynk_webhooks::{ENUMS, EnumInfo};

use crate::File;

pub(crate) fn files() -> Vec<File> {
    vec![File { path: "bindings-node/ts/generated/vocabulary.ts", content: vocabulary() }]
}

fn vocabulary() -> String {
    let mut out = String::from(
        "\n/** One of the given names, or a string that a newer server knows; completion shows the names. */\nexport type \
         OpenEnum<Names extends string> = Names | (string & {})\n",
    );
    for info in ENUMS {
        out += &declaration(info);
    }
    out
}

fn declaration(info: &EnumInfo) -> String {
    let EnumInfo { name, doc, members, .. } = info;
    let mut out = format!("\n/** {doc} */\nexport const {name} = {{\n");
    for member in *members {
        let _ = writeln!(out, "  /** {} */\n  {}: '{}',", member.doc, member.wire, member.wire);
    }
    let sentence = doc.split(". ").next().unwrap_or(doc).trim_end_matches('.');
    let _ = writeln!(
        out,
        "}} as const\n\n/** {sentence}, by its wire name. */\nexport type {name} = OpenEnum<keyof typeof {name}>"
    );
    out
}
