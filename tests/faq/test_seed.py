"""The sample FAQ: what comes with the product is whole, and a broken file is explained in one message."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from faq.seed import SeedEntry, SeedError, load_categories, load_entries

REGION = (
    "办公室",
    "法制处",
    "货物和劳务税处",
    "所得税处",
    "财产和行为税处",
    "社会保险费处",
    "非税收入处",
    "收入规划核算处",
    "纳税服务处",
    "征管和科技发展处",
    "国际税收管理处",
    "纪检组",
    "稽查局",
    "税收大数据和风险管理局",
    "信息中心",
    "纳税服务中心（税收宣传中心）",
)

CATEGORIES = "- code: vat\n  name: 增值税\n"
GOOD = """\
- id: vat-rates
  question: 增值税税率有几档
  phrasings:
    - 增值税交几个点
    - 卖货的税率是多少
  answer: 您好，增值税税率主要有三档。请按业务选择适用。
  legal_basis: 《中华人民共和国增值税法》第十条
  category: vat
  department: 货物和劳务税处
  valid_until: 2027-12-31
"""

Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Makes a seed folder with the one good entry, or with the given content in its place."""

    def make(content: str | bytes = GOOD, categories: str = CATEGORIES) -> Path:
        (tmp_path / "categories.yaml").write_text(categories, encoding="utf-8")
        (tmp_path / "vat.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return make


def message(folder: Path, departments: tuple[str, ...] | None = None) -> str:
    with pytest.raises(SeedError) as caught:
        load_entries(folder, departments)
    told = str(caught.value)
    assert "Traceback" not in told
    assert "pydantic" not in told
    assert "yaml.scanner" not in told
    return told


@pytest.fixture(scope="module")
def shipped() -> tuple[SeedEntry, ...]:
    return load_entries(departments=REGION)


def test_the_shipped_entries_load_and_are_enough(shipped: tuple[SeedEntry, ...]) -> None:
    assert len(shipped) >= 75
    assert all(entry.sample for entry in shipped)


def test_every_shipped_entry_has_a_basis_with_an_article_a_number_or_a_named_rule(
    shipped: tuple[SeedEntry, ...],
) -> None:
    assert [
        entry.id for entry in shipped if not re.search(r"第[一二三四五六七八九十百]+条|号|《.+》", entry.legal_basis)
    ] == []


def test_every_shipped_entry_has_two_to_four_other_phrasings(shipped: tuple[SeedEntry, ...]) -> None:
    assert [entry.id for entry in shipped if not 2 <= len(entry.phrasings) <= 4] == []


def test_every_shipped_answer_is_two_to_six_sentences(shipped: tuple[SeedEntry, ...]) -> None:
    assert [entry.id for entry in shipped if not 2 <= entry.answer.count("。") <= 6] == []
    assert [entry.id for entry in shipped if not entry.answer.endswith("。")] == []


def test_shipped_questions_and_phrasings_are_unique_without_spaces_and_signs(shipped: tuple[SeedEntry, ...]) -> None:
    asked = [text for entry in shipped for text in (entry.question, *entry.phrasings)]
    bare = [re.sub(r"[\W_]", "", unicodedata.normalize("NFKC", text)).casefold() for text in asked]
    assert len(set(bare)) == len(bare)


def test_every_category_is_used_and_has_a_name(shipped: tuple[SeedEntry, ...]) -> None:
    assert {category.code for category in load_categories()} == {entry.category for entry in shipped}
    assert len({category.name for category in load_categories()}) == len(load_categories())


def test_an_answer_that_names_the_end_of_its_policy_ends_with_it(shipped: tuple[SeedEntry, ...]) -> None:
    ending = [entry for entry in shipped if re.search(r"(执行至|至|,|，)2027年12月31日", entry.answer)]
    assert len(ending) >= 15
    assert [entry.id for entry in ending if entry.valid_until != date(2027, 12, 31)] == []


def test_no_answer_rests_on_the_repealed_provisional_regulation_of_vat(shipped: tuple[SeedEntry, ...]) -> None:
    assert [entry.id for entry in shipped if "增值税暂行条例" in entry.legal_basis + entry.answer] == []


def test_reaching_the_threshold_is_no_longer_exempt(shipped: tuple[SeedEntry, ...]) -> None:
    """增值税法第二十三条：销售额未达到起征点的，免征增值税；达到起征点的，全额计算缴纳增值税。"""
    entry = next(entry for entry in shipped if entry.question == "个体户月销售额10万元以内要交增值税吗")
    assert "未达到10万元" in entry.answer
    assert "正好达到10万元就要就全部销售额计税" in entry.answer
    assert entry.valid_until == date(2027, 12, 31)


def test_a_good_folder_gives_its_entries(folder: Folder) -> None:
    (entry,) = load_entries(folder(), ["货物和劳务税处"])
    assert entry.id == "vat-rates"
    assert entry.phrasings == ("增值税交几个点", "卖货的税率是多少")
    assert entry.valid_until == date(2027, 12, 31)


def test_a_byte_order_mark_is_no_error(folder: Folder) -> None:
    assert len(load_entries(folder(b"\xef\xbb\xbf" + GOOD.encode()))) == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("  answer: 您好，增值税税率主要有三档。请按业务选择适用。\n", "", "answer：缺少；应为10至1200字的答复"),
        ("  answer: 您好，增值税税率主要有三档。请按业务选择适用。\n", "  answer:\n", "answer：是空的；应为"),
        ("主要有三档", "主要有" + "三" * 1200, "answer：太长；应为10至1200字的答复"),
        ("主要有三档", "待补充", "answer：含有占位文字「待补」；应为"),
        ("  category: vat", "  categroy: vat\n  category: vat", "categroy：没有这个字段；应为字段 id、question、"),
        ("2027-12-31", "2027-02-30", "valid_until：不是真实的日期；应为YYYY-MM-DD"),
        ("2027-12-31", "20271231", "valid_until：不是真实的日期；应为YYYY-MM-DD"),
        ("2027-12-31", "明年底", "valid_until：不是真实的日期；应为YYYY-MM-DD"),
        ("    - 卖货的税率是多少\n", "", "phrasings：条数太少；应为2至4条"),
        ("    - 卖货的税率是多少\n", "    - 12345\n", "phrasings 第2项：不是文字；应为2至4条"),
        (
            "  phrasings:\n    - 增值税交几个点\n    - 卖货的税率是多少\n",
            "  phrasings: 两条\n",
            "phrasings：不是列表；应为",
        ),
        ("  category: vat", "  category: cit", "category：没有「cit」这个分类；应为 vat 之一"),
        (
            "卖货的税率是多少",
            "增值税 交几个点？",
            "phrasings 第2项：「增值税 交几个点？」与 vat.yaml 第1条（vat-rates） phrasings",
        ),
    ],
)
def test_a_wrong_field_is_told_with_file_entry_and_remedy(folder: Folder, old: str, new: str, told: str) -> None:
    assert old in GOOD
    text = message(folder(GOOD.replace(old, new)))
    assert text.startswith("样例问答有 1 处需要更正：\nvat.yaml 第1条（vat-rates） ")
    assert told in text


def test_a_wrong_id_is_told_by_the_place_of_the_entry(folder: Folder) -> None:
    assert "vat.yaml 第1条（增值税） id：写法不对；应为小写字母" in message(folder(GOOD.replace("vat-rates", "增值税")))
    assert "vat.yaml 第1条 id：不是文字；应为小写字母" in message(folder(GOOD.replace("vat-rates", "7")))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (GOOD.replace("  question: 增", "question: 增"), "vat.yaml：第2行不合 YAML 格式；应检查"),
        (GOOD.replace("phrasings:", 'phrasings: "'), "不合 YAML 格式；应检查"),
        (GOOD + "  category: vat\n", "vat.yaml：第11行的字段「category」写了两次；应检查"),
        ("id: vat-rates\n", "vat.yaml：内容不是列表；应每个条目以「- 」开头"),
        ("", "vat.yaml：内容不是列表；应每个条目以「- 」开头"),
        ("- 只有一句话\n", "vat.yaml 第1条：不是「字段: 内容」的形式；应有 id、question、"),
        (GOOD.encode("gb18030"), "vat.yaml：第29个字节起不是 UTF-8 文字；应另存为 UTF-8 编码"),
        (GOOD + "\x00", "vat.yaml：含有 YAML 不允许的字符或者写法；应只用普通文字"),
        ("[" * 5000, "vat.yaml：第2行不合 YAML 格式；应检查"),
    ],
)
def test_a_file_that_is_no_list_of_entries_is_one_finding(folder: Folder, content: str | bytes, told: str) -> None:
    text = message(folder(content))
    assert text.startswith("样例问答有 1 处需要更正：\n")
    assert told in text


def test_the_same_question_in_two_files_names_both_places(folder: Folder) -> None:
    place = folder()
    (place / "zz.yaml").write_text(GOOD.replace("vat-rates", "vat-levels"), encoding="utf-8")
    text = message(place)
    assert (
        "zz.yaml 第1条（vat-levels） question：「增值税税率有几档」与 vat.yaml 第1条（vat-rates） question 重复" in text
    )
    assert text.startswith("样例问答有 3 处需要更正：")


def test_the_same_id_twice_is_told(folder: Folder) -> None:
    other = (
        GOOD.replace("增值税税率有几档", "契税多少").replace("增值税交几个点", "契税几个点").replace("卖货的", "买房的")
    )
    assert "vat.yaml 第2条（vat-rates） id：与 vat.yaml 第1条（vat-rates） 重复" in message(folder(GOOD + other))


def test_all_findings_of_all_files_come_at_once(folder: Folder) -> None:
    place = folder(GOOD.replace("2027-12-31", "昨天").replace("  category: vat\n", ""))
    (place / "other.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(SeedError) as caught:
        load_entries(place)
    assert len(caught.value.findings) == 3
    assert [finding.split("：")[0] for finding in caught.value.findings] == [
        "other.yaml",
        "vat.yaml 第1条（vat-rates） category",
        "vat.yaml 第1条（vat-rates） valid_until",
    ]


def test_a_department_that_the_bureau_does_not_have_is_told(folder: Folder) -> None:
    text = message(folder(), ("所得税处",))
    assert "vat.yaml 第1条（vat-rates） department：没有「货物和劳务税处」这个处室；应为 所得税处 之一" in text


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    text = message(tmp_path)
    assert "categories.yaml：文件不存在或者无法读取" in text
    assert "没有条目文件；应有至少一个 *.yaml 文件" in text


def test_a_category_twice_is_told(folder: Folder) -> None:
    place = folder(categories=CATEGORIES * 2)
    assert "categories.yaml 第2条（vat） code：代号重复；应每个代号只用一次" in message(place)
    with pytest.raises(SeedError, match="代号重复"):
        load_categories(place)
