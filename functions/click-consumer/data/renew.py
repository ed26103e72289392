"""Makes user-agents.json and crawlers.json of regexes.yaml and crawler-user-agents.json: see README.md."""
import json
import sys

import yaml


def lines(rows, indent):
    return ",\n".join(indent + json.dumps(row, ensure_ascii=False) for row in rows)


parsers = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
with open("user-agents.json", "w", encoding="utf-8") as file:
    sections = (
        f'  "{name}": [\n{lines(parsers[name], "    ")}\n  ]' for name in ("user_agent_parsers", "os_parsers")
    )
    file.write("{\n" + ",\n".join(sections) + "\n}\n")

patterns = [crawler["pattern"] for crawler in json.load(open(sys.argv[2], encoding="utf-8"))]
with open("crawlers.json", "w", encoding="utf-8") as file:
    file.write("[\n" + lines(patterns, "  ") + "\n]\n")
