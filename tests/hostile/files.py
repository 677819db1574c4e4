"""The worst files that pass the limits of size, each a small tree; and some that do not pass them.

Each is meant to make one thing cost more than its length: a search for every entry among all others, a message that
repeats the file, a range that is unfolded, a tree that is deeper than a recursion can go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from reconciler.spec.nodes import MAX_NODES
from reconciler.spec.source import MAX_BYTES

Tree = Mapping[str, str | bytes]

_BASE = Path(__file__).parents[1] / "cases/specs/_base"
CATALOG = (_BASE / "catalog.yaml").read_text()
SITE = (_BASE / "site.yaml").read_text()
SPEC = """\
kind: CalibrationSet
instrument: Cam
ticket: DM-1
purpose: hostile
origin: usdf/main
raws: Cam/raw/all
release: w_2025_05
rerun: 20250207a
"""
CHAIN = "kind: Chain\ninstrument: Cam\nname: Cam/calib\n"
CURATED = "kind: CuratedSet\ninstrument: Cam\nticket: DM-2\norigin: usdf/main\ndatasets:\n"
LOCK = "kind: Lock\ninstrument: Cam\nticket: DM-1\nraws: Cam/raw/all\nrepository: usdf/main\n"
POLICY = """\
kind: Policy
people:
  ann: {name: Ann, roles: [board], keys: [{key: KEY, from: "2024-01-01T00:00:00", until: "2030-01-01T00:00:00"}]}}
rules:
""".replace("KEY", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f")
_PRODUCTS = "products: {bias: {}}\nselections: {bias: \"exposure.observation_type='bias'\"}\n"

HOSTILE: dict[str, Callable[[], Tree]] = {}


def hostile(make: Callable[[], Tree]) -> Callable[[], Tree]:
    """Enter a maker of a tree under its name."""
    HOSTILE[make.__name__] = make
    return make


def tree(**files: str | bytes) -> Tree:
    """Return a tree with these documents in their places; catalog and site are there if not given."""
    places = {
        "spec": "specs/Cam/DM-1.yaml",
        "lock": "specs/Cam/DM-1.lock.yaml",
        "other": "specs/Cam/DM-2.yaml",
        "chain": "specs/Cam/chain.yaml",
        "catalog": "specs/Cam/catalog.yaml",
        "policy": "specs/policy.yaml",
        "site": "sites/usdf.yaml",
    }
    given = {"catalog": CATALOG, "site": SITE, **files}
    return {places[name]: content for name, content in given.items()}


def flow(items: Iterable[object]) -> str:
    """Return a list as YAML has it in one line."""
    return f"[{', '.join(map(str, items))}]"


def up_to_limit(item: Callable[[int], str], head: str, nodes: int, tail: str = "") -> str:
    """Return the head with as many items as the limits of size and nodes allow, `nodes` of them for each item."""
    text, used = [], len(head) + len(tail)
    for index in range((MAX_NODES - 200) // nodes):
        one = item(index)
        used += len(one.encode())
        if used > MAX_BYTES - 100:
            break
        text.append(one)
    return head + "".join(text) + tail


def name(index: int, length: int) -> str:
    """Return a word of this length, like its neighbours."""
    return f"{'abcdefghij' * (length // 10)}{index:0{length % 10 or 10}}"[-length:]


# What YAML itself makes expensive.


@hostile
def a_million_opened_lists() -> Tree:
    return tree(spec="[" * (MAX_BYTES - 1))


@hostile
def blocks_inside_each_other() -> Tree:
    return tree(spec="- " * (MAX_BYTES // 2 - 1))


@hostile
def questions_inside_each_other() -> Tree:
    return tree(spec="? " * (MAX_BYTES // 2 - 1))


@hostile
def aliases_of_aliases() -> Tree:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    return tree(spec=SPEC + "\n".join(lines))


@hostile
def merges_of_merges() -> Tree:
    return tree(spec=SPEC + "".join(f"k{n}: &k{n} {{<<: *k{n - 1}, a{n}: 1}}\n" for n in range(1, 20_000)))


@hostile
def merge_keys_without_anchors() -> Tree:
    return tree(spec=up_to_limit(lambda n: f"  p{n}: {{<<: {{}}}}\n", SPEC + "products:\n", 4))


@hostile
def as_many_keys_as_may_be() -> Tree:
    return tree(spec=up_to_limit(lambda n: f"k{n}: x\n", SPEC, 2))


@hostile
def the_last_of_many_keys_over_and_over() -> Tree:
    head = SPEC + "".join(f"k{n}: x\n" for n in range(12_000))
    return tree(spec=head + "k11999: x\n" * 12_500)


@hostile
def as_many_surprises_as_may_be() -> Tree:
    return tree(spec=up_to_limit(lambda _: "0777, ", SPEC + "starting_calibs: [", 1, "x]"))


@hostile
def as_many_wrong_keys_as_may_be() -> Tree:
    return tree(spec=up_to_limit(lambda n: f"{n}: x\n", SPEC, 2))


@hostile
def tags_everywhere() -> Tree:
    return tree(spec=up_to_limit(lambda _: "!a x, ", SPEC + "starting_calibs: [", 1, "x]"))


@hostile
def python_objects() -> Tree:
    return tree(spec="!!python/object/apply:os.system [touch /tmp/owned]\n")


@hostile
def a_scalar_of_a_megabyte() -> Tree:
    return tree(spec=SPEC.replace("hostile", "x" * (MAX_BYTES - 300)) + _PRODUCTS)


@hostile
def a_scalar_of_a_megabyte_where_a_name_belongs() -> Tree:
    return tree(spec=SPEC.replace("Cam/raw/all", "x" * (MAX_BYTES - 300)) + _PRODUCTS)


@hostile
def an_integer_of_a_megabyte() -> Tree:
    return tree(spec=SPEC + "bootstrap_run: " + "9" * (MAX_BYTES - 300) + "\n" + _PRODUCTS)


@hostile
def a_fraction_of_a_megabyte() -> Tree:
    head = "kind: Verification\ninstrument: Cam\nthresholds: {bias: {MEAN: [{at_least: 0."
    return tree(spec=head + "1" * (MAX_BYTES - 300) + "}]}}\n")


@hostile
def escapes_of_a_megabyte() -> Tree:
    return tree(spec=SPEC + 'selections: {bias: "' + "\\U0001F600" * 99_000 + '"}\nproducts: {bias: {}}\n')


@hostile
def a_folded_scalar_of_empty_lines() -> Tree:
    return tree(
        spec=SPEC + "selections:\n  bias: >\n    a\n" + "\n" * (MAX_BYTES - 400) + "    b\nproducts: {bias: {}}\n"
    )


@hostile
def comments_only() -> Tree:
    return tree(spec="#\n" * (MAX_BYTES // 2 - 1))


@hostile
def many_documents() -> Tree:
    return tree(spec="---\n" * (MAX_BYTES // 4 - 1))


@hostile
def colons_only() -> Tree:
    return tree(spec=": " * (MAX_BYTES // 2 - 1))


@hostile
def quotes_only() -> Tree:
    return tree(spec="'" * (MAX_BYTES - 1))


@hostile
def directives_only() -> Tree:
    return tree(spec="%TAG !a! tag:b\n" * (MAX_BYTES // 16))


@hostile
def empty_flow_maps() -> Tree:
    return tree(spec=up_to_limit(lambda _: "{},", "[", 1, "]"))


@hostile
def half_pairs_in_a_list() -> Tree:
    return tree(spec=up_to_limit(lambda _: "a:,", "[", 3, "]"))


@hostile
def carriage_returns() -> Tree:
    return tree(spec=(SPEC + _PRODUCTS).replace("\n", "\r\n") + "\r\n" * 490_000)


@hostile
def another_encoding() -> Tree:
    return tree(spec=(SPEC + "#" * 400_000).encode("utf-16"))


@hostile
def one_bad_byte_at_the_end() -> Tree:
    return tree(spec=SPEC.encode() + "é".encode() * 499_000 + b"\xff")


@hostile
def look_alikes_that_unfold() -> Tree:
    """U+FDFA is eighteen letters, once it is normalised."""
    return tree(policy=POLICY.replace("name: Ann", f"name: {chr(0xFDFA) * 330_000}") + "  []\n")


@hostile
def marks_in_the_wrong_order() -> Tree:
    """Combining characters are sorted when they are normalised."""
    marks = "\u0301\u0316" * 240_000
    return tree(policy=POLICY.replace("name: Ann", f"name: a{marks}") + "  []\n")


# What documents make expensive.


@hostile
def unknown_fields_of_many_products() -> Tree:
    return tree(spec=up_to_limit(lambda n: f"  p{n}: {{x: 1}}\n", SPEC + "products:\n", 4))


@hostile
def unknown_fields_with_long_names() -> Tree:
    item = lambda n: f"{name(n, 60)}: x\n"  # noqa: E731  # a name of its own would not say more
    return tree(spec=up_to_limit(item, SPEC, 2))


@hostile
def unknown_products_with_long_names() -> Tree:
    return tree(spec=up_to_limit(lambda n: f"  {name(n, 60)}: {{}}\n", SPEC + "products:\n", 2))


@hostile
def unknown_products_beside_a_large_catalog() -> Tree:
    entry = "{dataset_type: a, generation: a, certified: a, template: a, selection_variable: a, dimensions: []}"
    catalog = up_to_limit(lambda n: f"  {name(n, 60)}: {entry}\n", CATALOG.split("products:")[0] + "products:\n", 14)
    return tree(
        catalog=catalog, spec=up_to_limit(lambda n: f"  {name(n + 500_000, 60)}: {{}}\n", SPEC + "products:\n", 2)
    )


@hostile
def one_member_over_and_over() -> Tree:
    return tree(chain=up_to_limit(lambda _: "a,", CHAIN + "members: [", 1, "Cam/calib]"))


@hostile
def different_members() -> Tree:
    members = [f"m{n:05}" for n in range(8_000)]
    external = flow(f"{{collection: {one}, reason: x}}" for one in members)
    return tree(chain=f"{CHAIN}members: {flow(members)}\nexternal: {external}\n")


@hostile
def members_that_nothing_makes_with_long_names() -> Tree:
    return tree(chain=up_to_limit(lambda n: f"{name(n, 60)},", CHAIN + "members: [", 1, "x]"))


@hostile
def many_members_at_many_places() -> Tree:
    site = SITE.split("repositories:")[0] + "repositories:\n"
    places = up_to_limit(lambda n: f"  r{n}: {{butler: /r/{n}, instruments: [Cam]}}\n", site, 7, "releases: {}\n")
    chain = up_to_limit(lambda _: "Cam/calib/DM-1,", CHAIN + "members: [", 1, "x]")
    deployed = "deployment: {ticket: DM-3, repositories: {usdf/r0: {}}}\n"
    return tree(site=places, chain=chain, spec=SPEC + _PRODUCTS + deployed)


@hostile
def different_members_at_many_places() -> Tree:
    places = {f"    usdf/r{n}: {{}}\n" for n in range(7_000)}
    body = up_to_limit(lambda n: f"Cam/calib/DM-2/u/{n},", CHAIN + "members: [", 1, "x]")
    deployed = f"deployment:\n  ticket: DM-3\n  repositories:\n{''.join(sorted(places))}"
    files = "".join(
        f"    - {{file: a.ecsv, detector: {n}, from: '{1972 + n // 360}-{n // 30 % 12 + 1:02}-{n % 28 + 1:02}'}}\n"
        for n in range(2_000)
    )
    curated = CURATED + f"  crosstalk:\n    storage_class: X\n    dimensions: [detector]\n    files:\n{files}{deployed}"
    return {**many_members_at_many_places(), **tree(other=curated, chain=body), "specs/Cam/a.ecsv": "x"}


@hostile
def exceptions_of_many_places() -> Tree:
    head = CHAIN + "members: []\nrepositories: [" + ",".join(f"usdf/r{n}" for n in range(12_000)) + "]\nexceptions:\n"
    body = "".join(f"  usdf/r{n}: {{members: [], reason: x}}\n" for n in range(11_999, 6_000, -1))
    return tree(chain=head + body)


@hostile
def one_place_over_and_over() -> Tree:
    site = SITE.replace("instruments: [Cam]", f"instruments: [{','.join(f'i{n}' for n in range(40_000))}, Cam]")
    return tree(site=site, chain=up_to_limit(lambda _: "usdf/main,", CHAIN + "members: []\nrepositories: [", 1, "x]"))


@hostile
def deployed_to_many_places() -> Tree:
    deployed = up_to_limit(
        lambda n: f"    usdf/{name(n, 40)}: {{}}\n", "deployment:\n  ticket: DM-3\n  repositories:\n", 3
    )
    return tree(spec=(SPEC + _PRODUCTS + deployed))


@hostile
def files_of_one_data_id() -> Tree:
    head = CURATED + "  crosstalk:\n    storage_class: X\n    dimensions: [detector]\n    files:\n"

    def item(n: int) -> str:
        instant = f"2000-01-{n // 86400 + 1:02}T{n // 3600 % 24:02}:{n // 60 % 60:02}:{n % 60:02}"
        return f"    - {{file: a.ecsv, detector: 1, from: '{instant}'}}\n"

    return {**tree(other=up_to_limit(item, head, 7)), "specs/Cam/a.ecsv": "x"}


@hostile
def the_same_file_over_and_over() -> Tree:
    head = CURATED + "  crosstalk:\n    storage_class: X\n    dimensions: [detector]\n    files:\n"
    item = lambda n: f"    - {{file: ./{'./' * 10}a.ecsv, detector: {n}}}\n"  # noqa: E731
    return {**tree(other=up_to_limit(item, head, 5)), "specs/Cam/a.ecsv": "x"}


@hostile
def releases_with_patterns() -> Tree:
    catalog = CATALOG.replace('["*"]', "[" + ",".join(f"'{name(n, 20)}*?[ab]*{n}'" for n in range(990)) + ', "*"]')
    return tree(catalog=catalog, spec=SPEC + _PRODUCTS)


@hostile
def policies_with_patterns() -> Tree:
    """Patterns are tried until one fits; here none does, and each is compiled."""
    rules = [
        "  - {verbs: [policy], where: "
        + flow(f"'{'*a' * 8}{'b' * 180}{rule}.{n}'" for n in range(100))
        + ", approvals: {board: 1}}\n"
        for rule in range(44)
    ]
    return tree(policy=POLICY + "".join(rules))


@hostile
def rules_with_more_patterns_than_may_be() -> Tree:
    patterns = flow(f"'{name(n, 20)}*?[ab]*{n}'" for n in range(24_000))
    return tree(policy=POLICY + f"  - {{verbs: [policy], where: {patterns}, approvals: {{board: 1}}}}\n")


@hostile
def many_people() -> Tree:
    person = "  p{}: {{name: 'P {}', keys: []}}\n"
    return tree(policy=up_to_limit(lambda n: person.format(n, n), POLICY.split("people:")[0] + "people:\n", 6))


@hostile
def many_bands() -> Tree:
    bands = [f"b{n}" for n in range(1_000)]
    catalog = CATALOG.replace("{u: u_02, g: g_01}", "{" + ", ".join(f"{band}: {band}" for band in bands) + "}")
    return tree(catalog=catalog, spec=SPEC + f"products: {{flat: {{bands: [{','.join(bands)}]}}}}\n")


@hostile
def unknown_bands_beside_many() -> Tree:
    bands = [name(n, 40) for n in range(1_000)]
    catalog = CATALOG.replace("{u: u_02, g: g_01}", "{" + ", ".join(f"{band}: b" for band in bands) + "}")
    spec = SPEC + f"products: {{flat: {{bands: [{','.join(f'x{band}' for band in bands)}]}}}}\n"
    return tree(catalog=catalog, spec=spec)


@hostile
def many_bands_with_many_precursors() -> Tree:
    bands = ",".join(f"b{n}" for n in range(1_000))
    catalog = CATALOG.replace("precursors: [bias], per_band", f"precursors: [{','.join(['bias'] * 1_000)}], per_band")
    return tree(catalog=catalog, spec=SPEC + f"products: {{bias: {{}}, flat: {{bands: [{bands}]}}}}\n")


@hostile
def examinations_of_many_instances() -> Tree:
    bands = ",".join(f"b{n}" for n in range(1_000))
    asked = "".join(f"  x{n}: {{select: bias}}\n" for n in range(11_000))
    return tree(spec=SPEC + f"products: {{flat: {{bands: [{bands}]}}}}\nverify:\n{asked}")


@hostile
def many_accepted_failures_of_many_instances() -> Tree:
    bands = ",".join(f"b{n}" for n in range(1_000))
    accepted = "".join("  - {test: MEAN, reason: x}\n" for _ in range(9_000))
    spec = SPEC + f"products: {{flat: {{bands: [{bands}]}}}}\napproval:\n  ticket: DM-3\n  accepted_failures:\n"
    return tree(spec=spec + accepted)


@hostile
def many_starting_calibrations() -> Tree:
    head = SPEC + _PRODUCTS + "starting_calibs: ["
    lock = LOCK + "products: {}\n"
    return tree(spec=up_to_limit(lambda n: f"{'a/' * 95}{n},", head, 1, "x]"), lock=lock)


@hostile
def a_hundred_problems_of_every_rule() -> Tree:
    """Long words that differ little, each looked for among others like it."""
    words = [name(n, 50) for n in range(1_500)]
    other = [name(n + 500_000, 50) for n in range(1_500)]
    select = " or ".join(f"{word}=1" for word in other[:400])
    spec = (
        SPEC
        + f"""\
starting_calibs: {flow(words[:1000])}
selections:
  bias: >
    {select}
{"".join(f"  {word}: a=1{chr(10)}" for word in words)}
products:
  bias: {{}}
  flat: {{bands: {flow(other[:1000])}, reruns: {{{", ".join(f"{word}: 20250207a" for word in words)}}}}}
{"".join(f"  {word}: {{bands: {flow(words[n : n + 1])}}}{chr(10)}" for n, word in enumerate(words))}
verify:
{"".join(f"  {word}: {{select: {other[n]}}}{chr(10)}" for n, word in enumerate(words))}
approval:
  ticket: DM-3
  accepted_failures:
{"".join(f"    - {{test: {word}, products: [{word}], reason: x}}{chr(10)}" for word in words)}
deployment:
  ticket: DM-3
  repositories:
{"".join(f"    {word}: {{}}{chr(10)}" for word in words)}"""
    )
    chain = f"{CHAIN}members: {flow(words)}\nrepositories: {flow(other)}\nexternal: " + flow(
        f"{{collection: {word}, reason: x}}" for word in other
    )
    products = "".join(f"    {word}: {{exposures: 1, detectors: 1}}\n" for word in other)
    thresholds = "".join(f"    {word}: {{{word}: [{{at_least: 1.0}}]}}\n" for word in words)
    verification = f"kind: Verification\ninstrument: Cam\nthresholds:\n  bias: {{}}\n{thresholds}"
    return {
        **tree(spec=spec, chain=chain, lock=f"{LOCK}products:\n{products}"),
        "specs/Cam/verification.yaml": verification.replace("  bias: {}\n", ""),
    }


@hostile
def entries_that_lack_every_field() -> Tree:
    return tree(lock=up_to_limit(lambda _: "{},", LOCK + "products: {}\nstarting: [", 1, "{}]"))


@hostile
def products_that_lack_every_field() -> Tree:
    return tree(catalog=up_to_limit(lambda n: f"  p{n}: {{}}\n", CATALOG.split("products:")[0] + "products:\n", 2))


@hostile
def values_of_none_of_four_types() -> Tree:
    head = SPEC + "products:\n  bias:\n    overrides:\n"
    return tree(spec=up_to_limit(lambda n: f"      a{n}: []\n", head, 2))


@hostile
def numbers_where_names_belong() -> Tree:
    return tree(chain=up_to_limit(lambda _: "1,", CHAIN + "members: [", 1, "1]"))


@hostile
def keys_that_are_no_names() -> Tree:
    return tree(spec=up_to_limit(lambda n: f"  é{n}: {{}}\n", SPEC + "products:\n", 2))


@hostile
def instants_that_are_none() -> Tree:
    head = SPEC + "products:\n"
    return tree(spec=up_to_limit(lambda n: f"  p{n}: {{rerun: x, cert_rerun: y}}\n", head, 6))


# Ranges.


@hostile
def a_range_that_nobody_can_count() -> Tree:
    lock = LOCK + "products: {bias: {exposures: 0..9000000000000000000, detectors: 0..8}}\n"
    lock += "examinations: {bias: {selection: x, exposures: 1..2}}\n"
    return tree(spec=SPEC + _PRODUCTS, lock=lock)


@hostile
def ranges_of_every_other_number() -> Tree:
    odd = ",".join(str(2 * n) for n in range(90_000))
    lock = LOCK + f"products: {{bias: {{exposures: '{odd}', detectors: 0..8}}}}\n"
    return tree(spec=SPEC + _PRODUCTS, lock=lock)


@hostile
def detectors_in_many_pieces() -> Tree:
    odd = ",".join(str(2 * n) for n in range(90_000))
    excused = "".join(f"  - {{detector: {2 * n}, reason: x}}\n" for n in range(89_000, 81_000, -1))
    spec = SPEC + _PRODUCTS + "detectors:\n  allow_missing:\n" + excused
    return tree(catalog=CATALOG.replace("0..8", f"'{odd}'"), spec=spec)


# Selections.


def _selection(text: str) -> Tree:
    return tree(spec=SPEC + f"products: {{bias: {{}}}}\nselections:\n  bias: >\n    {text}\n")


def _selections(text: str) -> Tree:
    count = (MAX_BYTES - 2_000) // (len(text) + 20)
    body = "".join(f"  s{n}: >\n    {text} or exposure={n}\n" for n in range(count))
    return tree(spec=SPEC + "products: {bias: {}}\nselections:\n" + body)


@hostile
def a_condition_deeper_than_its_parentheses() -> Tree:
    return _selection("(" * 45 + "a" + ("+a" * 190 + ")") * 45 + "=1")


@hostile
def comparisons_of_comparisons() -> Tree:
    return _selection("(" * 45 + "a" + ("=a" * 190 + ")") * 45)


@hostile
def negations_of_negations() -> Tree:
    return _selection(("not " * 45 + "(") * 45 + "a=1" + ")" * 45)


@hostile
def parentheses_only() -> Tree:
    return _selection("(" * 49_000)


@hostile
def signs_only() -> Tree:
    return _selection("-" * 49_000)


@hostile
def blanks_before_what_means_nothing() -> Tree:
    return tree(spec=SPEC + 'products: {bias: {}}\nselections: {bias: "' + "1 " * 10 + " " * 49_000 + '$"}\n')


@hostile
def many_long_selections() -> Tree:
    return _selections(" or ".join(["exposure=1"] * 3_400))


@hostile
def many_long_sums() -> Tree:
    return _selections(" or ".join(["+".join(["a"] * 190) + "=1"] * 120))


@hostile
def unknown_fields_in_a_long_selection() -> Tree:
    return _selections(" or ".join(["exposure.ids=1"] * 2_700))


@hostile
def unknown_fields_with_long_names_in_a_selection() -> Tree:
    return _selections(" or ".join(f"{name(n, 50)}=1" for n in range(850)))


@hostile
def instruments_demanded_over_and_over() -> Tree:
    return _selections(" or ".join(["instrument='x'"] * 2_600))


@hostile
def ranges_with_strides() -> Tree:
    return _selections("exposure in (" + ",".join(["0..199998:2"] * 4_000) + ")")


@hostile
def a_selection_longer_than_any() -> Tree:
    return _selection("a=1 or " * 140_000 + "a=1")


@hostile
def digits_only() -> Tree:
    return _selections("1" * 49_000)


# What is refused at once.


AT_ONCE: dict[str, Callable[[], Tree]] = {
    "a byte more than may be": lambda: {_LARGE: "#" * (MAX_BYTES + 1)},
    "a value more than may be": lambda: {_LARGE: f"[{'a,' * (MAX_NODES + 1)}]"},
    "keys more than may be": lambda: {_LARGE: "a: b\n" * (MAX_NODES // 2 + 1)},
    "lists inside each other": lambda: {_LARGE: "[" * 51},
}
_LARGE = "specs/Cam/DM-1.yaml"
