"""The sample bureau is whole, and a broken seed file says everything that is wrong with it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from escalation.seed import load_bureau, load_kinds
from escalation.seed.bureau import SampleBureau
from escalation.seed.reading import SeedError
from intents import Kind

SEED = Path(__file__).parents[2] / "escalation" / "seed"


@pytest.fixture(scope="module")
def bureau() -> SampleBureau:
    return load_bureau()


@pytest.fixture
def broken(tmp_path: Path) -> Callable[[str, str, str], SeedError]:
    """Replaces `old` by `new` in a seed file and gives back the error that reading it raises."""

    def read(name: str, old: str, new: str) -> SeedError:
        text = (SEED / name).read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / name
        path.write_text(text.replace(old, new), encoding="utf-8")
        with pytest.raises(SeedError) as caught:
            load_bureau(path) if name == "bureau.yaml" else load_kinds(path)
        return caught.value

    return read


def test_the_region_stands_above_fourteen_prefectures(bureau: SampleBureau) -> None:
    assert bureau.region.name == "国家税务总局新疆维吾尔自治区税务局"
    assert bureau.region.parent is None
    assert len(bureau.prefectures) == 14
    assert {prefecture.parent for prefecture in bureau.prefectures} == {"xinjiang"}
    assert "国家税务总局喀什地区税务局" in {prefecture.name for prefecture in bureau.prefectures}


def test_every_bureau_is_named_in_full_and_in_short(bureau: SampleBureau) -> None:
    for each in bureau.bureaus:
        assert each.name == f"国家税务总局{each.short}"
        assert each.short == f"{each.place}税务局"


def test_the_picker_has_a_line_for_the_corps_cities_served_by_a_bureau_of_the_tree(bureau: SampleBureau) -> None:
    assert {"石河子市", "阿拉尔市", "图木舒克市", "五家渠市"} <= set(bureau.corps.cities)
    assert "兵团" in bureau.corps.label
    assert bureau.corps.served_by in {each.code for each in bureau.bureaus}


def test_a_prefecture_has_the_same_departments_ending_in_ke(bureau: SampleBureau) -> None:
    names = {department.name for department in bureau.departments_of("kashgar")}
    assert {"货物和劳务税科", "所得税科", "征管和科技发展科", "纳税服务科", "法制科"} <= names
    assert {"办公室", "稽查局", "信息中心", "纳税服务中心", "纪检组"} <= names
    assert not {name for name in names if name.endswith("处")}
    assert "跨区域稽查局" not in names


def test_the_region_keeps_its_own_names(bureau: SampleBureau) -> None:
    names = {department.name for department in bureau.departments_of("xinjiang")}
    assert {"货物和劳务税处", "税收大数据和风险管理局", "纳税服务中心（税收宣传中心）", "跨区域稽查局"} <= names


def test_only_inspection_discipline_and_the_first_reader_are_sealed(bureau: SampleBureau) -> None:
    sealed = {department.code for department in bureau.departments if department.sealed}
    assert sealed == {"inspection", "inspection_regional", "discipline", "first_reading"}


def test_internal_departments_have_no_words_and_the_others_have_plenty(bureau: SampleBureau) -> None:
    words = {rule.department_code: rule.words for rule in bureau.rules}
    for department in bureau.departments_of("xinjiang"):
        if department.internal:
            assert department.code not in words
        elif department.code not in ("inspection_regional", "first_reading"):
            assert len(words[department.code]) >= 15, department.name


def test_every_department_of_every_bureau_reaches_an_officer(bureau: SampleBureau) -> None:
    for department in bureau.departments:
        assert bureau.officers_of(department.bureau, department.code), department


def test_the_sample_officers_are_plainly_samples_and_can_approve_for_each_other(bureau: SampleBureau) -> None:
    assert len(bureau.officers) == 2
    assert all("样例" in officer.name for officer in bureau.officers)
    assert any("·" in officer.name for officer in bureau.officers)
    assert all("leader" in officer.roles for officer in bureau.officers)
    assert any("service" in officer.head_of for officer in bureau.officers)


def test_an_administrator_receives_no_sealed_cases(bureau: SampleBureau) -> None:
    sealed = {department.code for department in bureau.departments if department.sealed}
    for officer in bureau.officers:
        if "administrator" in officer.roles:
            assert not sealed & set(officer.departments)


def test_every_kind_goes_to_departments_of_the_sample(bureau: SampleBureau) -> None:
    codes = {department.code for department in bureau.departments}
    for kind in load_kinds().values():
        assert set(kind.goes_to) <= codes | {"subject"}


def test_all_findings_are_told_at_once_with_line_field_and_what_is_right(tmp_path: Path) -> None:
    data = yaml.safe_load((SEED / "bureau.yaml").read_text(encoding="utf-8"))
    data["prefectures"][0]["name"] = "乌鲁木齐税务局"
    data["prefectures"][2]["code"] = data["prefectures"][1]["code"]
    data["corps"]["served_by"] = "nowhere"
    data["departments"][0]["colour"] = "红"
    data["departments"][1]["duties"] = ""
    data["officers"][0]["departments"].append("kitchen")
    data["officers"][1]["roles"] = ["king"]
    path = tmp_path / "bureau.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    with pytest.raises(SeedError) as caught:
        load_bureau(path)
    said = {(finding.field, finding.advice) for finding in caught.value.findings}
    fields = [field for field, _ in said]
    assert {"name", "code", "served_by", "colour", "duties", "departments", "roles[0]"} <= set(fields)
    assert len(caught.value.findings) == 7
    assert all(finding.file == "bureau.yaml" and "第" in finding.place for finding in caught.value.findings)
    assert any("kitchen" in advice for _, advice in said)
    assert any("可用的有" in advice for field, advice in said if field == "colour")


def test_a_finding_names_the_line_of_the_file(broken: Callable[[str, str, str], SeedError]) -> None:
    lines = (SEED / "bureau.yaml").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if line.strip() == "sealed: true")
    error = broken("bureau.yaml", "    sealed: true\n", "    sealed: 也许\n")
    assert error.findings[0].place.startswith(f"第{number}行")
    assert error.findings[0].field == "sealed"
    assert error.findings[0].advice == "应是 true 或者 false"


def test_a_department_without_anybody_is_found(broken: Callable[[str, str, str], SeedError]) -> None:
    error = broken("bureau.yaml", "departments: [service, ", "departments: [")
    assert "“service”没有任何工作人员" in str(error)


def test_a_weight_written_twice_is_found_instead_of_losing_words(
    broken: Callable[[str, str, str], SeedError],
) -> None:
    error = broken("bureau.yaml", "      4: [乱作为, 谋私]", "      8: [乱作为, 谋私]")
    assert [finding.advice for finding in error.findings] == ["重复出现，请合并成一处"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      4: [乱作为, 谋私]", "      40: [乱作为, 谋私]", "应不大于 10"),
        ("      4: [乱作为, 谋私]", "      4: [乱作为, 乱作为]", "重复出现"),
        ("      4: [乱作为, 谋私]", "      4: [乱+作+为]", "甲+乙"),
        ("      4: [乱作为, 谋私]", "      4: [12366]", "要加引号"),
        ("      4: [乱作为, 谋私]", "      4: 乱作为", "应是列表"),
        ("internal: true, duties: 经费和资产管理", "internal: true, duties: 甲, words: {1: [乙]}", "仅局内使用"),
        ("\ncorps:\n", "\ncorp:\n", "缺少这一部分"),
    ],
)
def test_each_mistake_in_the_bureau_says_what_is_right(
    broken: Callable[[str, str, str], SeedError], old: str, new: str, said: str
) -> None:
    assert said in str(broken("bureau.yaml", old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: greeting", "code: hello", "应是其中之一"),
        ("  - {code: thanks, name: 致谢, opens_case: false, readers: 不立办件}\n", "", "缺少“thanks”这一种类"),
        ("goes_to: [service, personnel]", "goes_to: [service, kitchen]", "kitchen"),
        ("recusal_to: legal", "recusal_to: lawyers", "lawyers"),
        ("extension_limit: 40", "extension_limit: 20", "应大于 span"),
        ("    span: 3\n", "    span: 三\n", "应是整数"),
        ("    span: 3\n", "    span: 0\n", "应不小于 1"),
        ("    span: 3\n", "", "要么都写，要么都不写"),
        ("goes_to: [discipline]", "goes_to: [discipline, office]", "密封的种类只交一处"),
        ("name: 致谢", "name: 问候", "已被前面的一项使用"),
        ("kinds:\n", "kind:\n", "缺少这一部分"),
    ],
)
def test_each_mistake_in_the_kinds_says_what_is_right(
    broken: Callable[[str, str, str], SeedError], old: str, new: str, said: str
) -> None:
    assert said in str(broken("kinds.yaml", old, new))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("region: [", "不是有效的 YAML"),
        ("- 一\n- 二\n", "名称: 内容"),
        ("", "名称: 内容"),
        ("region: 1\n", "字段: 内容"),
    ],
)
def test_a_file_that_is_no_seed_at_all_is_refused_in_words(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "bureau.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SeedError, match=r"bureau\.yaml") as caught:
        load_bureau(path)
    assert said in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match=r"nowhere\.yaml.*读不到文件"):
        load_kinds(tmp_path / "nowhere.yaml")


def test_the_table_has_one_line_for_every_kind() -> None:
    assert set(load_kinds()) == set(Kind)
