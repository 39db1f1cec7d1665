use super::*;

const LEVEL: Opt = Opt {
    short: Some('l'),
    long: Some("level"),
    value: Some("min|max"),
    help: &["how much it's told [1]; more is", "below"],
};

const PLACE: Opt = Opt {
    short: None,
    long: Some("place"),
    value: Some("DIR"),
    help: &["where"],
};

fn program(commands: Vec<Command>) -> Program {
    Program {
        name: "tell",
        version: "1.0",
        about: "tells",
        syntax: vec!["tell [-l min|max] file".to_owned()],
        description: &["Tells."],
        groups: vec![Group {
            title: "Options",
            options: vec![LEVEL],
        }],
        commands,
        operands: Completes::Files,
        sections: &[Section {
            title: "FILES",
            parts: &[
                Part::Text(".a text that begins with a dot"),
                Part::Item("a.log", "what's told"),
                Part::Example("Do it:", "tell -l max 'a b' \\"),
            ],
        }],
    }
}

#[test]
fn values_are_what_their_names_say() {
    for (name, what) in [
        ("min|max", Completes::OneOf("min|max")),
        ("backup_dir", Completes::Directories),
        ("DIR", Completes::Directories),
        ("file", Completes::Files),
        ("n", Completes::Nothing),
    ] {
        assert_eq!(Completes::value(name), what, "{name}");
    }
}

#[test]
fn every_form_has_its_name() {
    let forms: Vec<Form> = Form::NAMES
        .split('|')
        .map(|name| Form::of_name(name).unwrap())
        .collect();
    assert_eq!(forms, [Form::Man, Form::Bash, Form::Zsh, Form::Fish]);
    assert_eq!(Form::of_name("men"), None);
}

#[test]
fn every_command_and_option_is_in_all_that_is_made() {
    let command = Command {
        name: "one",
        help: &["does it"],
        options: vec![PLACE],
        operands: Completes::Nothing,
    };
    for form in Form::NAMES.split('|') {
        for commands in [Vec::new(), vec![command.clone()]] {
            let mut wanted = match form {
                "complete-fish" => vec![" -s l ", " -l level "],
                _ => vec!["-l", "--level"],
            };
            wanted.extend(["min", "max"]);
            if !commands.is_empty() {
                wanted.extend(["one", "place"]);
            }
            let text = program(commands).generate(Form::of_name(form).unwrap());
            // In roff a dash is marked.
            let text = text.replace(r"\-", "-").replace('\'', "");
            for name in wanted {
                assert!(text.contains(name), "{form}: {name}\n{text}");
            }
        }
    }
}

#[test]
fn what_means_something_to_roff_or_a_shell_is_quoted() {
    let program = program(Vec::new());
    let page = program.generate(Form::Man);
    assert!(page.contains("\n\\&.a text"), "{page}");
    assert!(
        page.contains(r"\fB\-l\fR, \fB\-\-level\fR \fImin|max\fR"),
        "{page}"
    );
    assert!(page.contains(r"tell \-l max \*(Aqa b\*(Aq \\"), "{page}");
    let zsh = program.generate(Form::Zsh);
    let spec = r"'(-l --level)'{'-l+','--level='}'[how much it'\''s told [1\]]:min|max:(min max)'";
    assert!(zsh.contains(spec), "{zsh}");
    let fish = program.generate(Form::Fish);
    let line = r"complete -c tell -s 'l' -l level -x -a 'min max' -d 'how much it\'s told [1]'";
    assert!(fish.contains(line), "{fish}");
}

#[test]
fn options_of_a_command_are_that_commands() {
    let commands = ["one", "two"].map(|name| Command {
        name,
        help: &["does it"],
        options: if name == "two" {
            vec![PLACE]
        } else {
            Vec::new()
        },
        operands: Completes::Nothing,
    });
    let program = program(commands.to_vec());
    let bash = program.generate(Form::Bash);
    assert!(bash.contains("'two','--place') mapfile"), "{bash}");
    assert!(
        bash.contains("'one') mapfile -t COMPREPLY < <(compgen -W '-l --level'"),
        "{bash}"
    );
    assert!(bash.contains("compgen -W 'one two'"), "{bash}");
    let fish = program.generate(Form::Fish);
    let line = "-n '__fish_seen_subcommand_from two' -l place -x";
    assert!(fish.contains(line), "{fish}");
    let page = program.generate(Form::Man);
    assert!(
        page.contains(".SS two\nDoes it.\n.TP\n\\fB\\-\\-place\\fR \\fIDIR\\fR\nWhere.\n"),
        "{page}"
    );
}

#[test]
fn what_is_chosen_from_is_told_in_brief() {
    for (help, wanted) in [
        (&["one (the default):", "two (three); four"][..], "one: two"),
        (&["one; two (three)"], "one"),
        (&["one (two"], "one"),
        (&["one"], "one"),
    ] {
        assert_eq!(brief(help), wanted);
    }
}

#[test]
fn a_long_name_stands_above_what_it_means() {
    let mut text = String::new();
    entry(&mut text, "-x", &["one", "two"]);
    entry(&mut text, "--longer-than-that", &["three"]);
    let expected = "  -x              one\n                  two\n  --longer-than-that\n                  three\n";
    assert_eq!(text, expected);
}
