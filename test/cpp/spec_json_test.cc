// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "spec/json.h"
#include "spec/json_writer.h"

using slipway::json::Document;
using slipway::json::JsonError;
using slipway::json::Kind;
using slipway::json::parse;
using slipway::json::Value;
using slipway::json::Writer;

namespace {

template <class Action>
JsonError errorOf(Action action) {
  try {
    action();
  } catch (const JsonError& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was refused";
  return {"", ""};
}

JsonError parseError(std::string_view text, size_t maxBytes = slipway::json::kDefaultMaxBytes) {
  return errorOf([&] { parse(text, maxBytes); });
}

// The value of {"n": <number>} as T.
template <class T>
T number(const std::string& digits) {
  const Document document = parse("{\"n\":" + digits + "}");
  return document.root().get<T>("n");
}

template <class T>
std::string numberError(const std::string& digits) {
  return errorOf([&] { number<T>(digits); }).what();
}

std::string nested(size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST(Json, ReadsEveryKind) {
  const Document document = parse(R"( [null, true, -1, 18446744073709551615, 1.5, "s", [], {}] )");
  const auto items = document.root().items();
  ASSERT_EQ(items.size(), 8u);
  EXPECT_EQ(items[0].kind(), Kind::null);
  EXPECT_TRUE(items[1].asBool());
  EXPECT_EQ(items[2].as<int>(), -1);
  EXPECT_EQ(items[3].as<uint64_t>(), UINT64_MAX);
  EXPECT_EQ(items[4].as<double>(), 1.5);
  EXPECT_EQ(items[5].as<std::string>(), "s");
  EXPECT_TRUE(items[6].items().empty());
  EXPECT_TRUE(items[7].members().empty());
}

TEST(Json, ReadsListsAndMaps) {
  const Document document = parse(R"({"l":["a","b"],"m":{"x":1,"y":2}})");
  EXPECT_EQ(document.root().get<std::vector<std::string>>("l"),
            (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ((document.root().get<std::map<std::string, int>>("m")),
            (std::map<std::string, int>{{"x", 1}, {"y", 2}}));
}

TEST(Json, LeavesAbsentFieldsAlone) {
  const Document document = parse(R"({"there":1})");
  int there = 0, absent = 7;
  std::optional<int> optional;
  document.root().read("there", there);
  document.root().read("absent", absent);
  document.root().read("absent", optional);
  EXPECT_EQ(there, 1);
  EXPECT_EQ(absent, 7);
  EXPECT_FALSE(optional.has_value());
}

TEST(Json, UnescapesStringsAndKeys) {
  const Document document = parse(R"({"k\u0065y":"\u00e9\ud83d\ude00\n\""})");
  EXPECT_EQ(document.root().get<std::string>("key"), "\xC3\xA9\xF0\x9F\x98\x80\n\"");
}

TEST(Json, OutlivesTheTextItWasReadFrom) {
  std::string text = R"({"name":"value that is longer than a short string"})";
  const Document document = parse(text);
  text.assign(text.size(), 'x');
  EXPECT_EQ(document.root().get<std::string>("name"), "value that is longer than a short string");
}

TEST(Json, NestsAtMost64Levels) {
  EXPECT_NO_THROW(parse(nested(64)));
  EXPECT_STREQ(parseError(nested(65)).what(), "not valid JSON: nested deeper than 64 levels");
  EXPECT_STREQ(parseError(nested(100000)).what(), "not valid JSON: nested deeper than 64 levels");
}

TEST(Json, HasASizeLimit) {
  EXPECT_NO_THROW(parse("[1,2]", 5));
  EXPECT_STREQ(parseError("[1,2]", 4).what(), "the document has 5 bytes, at most 4 are allowed");
}

TEST(Json, NamesWhatIsWrongWithTheText) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "the document is empty"},
      {" \n", "the document is empty"},
      {"\"abc", "a string has no end"},
      {"\"a\nb\"", "a control character is not escaped"},
      {"\"\\ud800\"", "a string is malformed"},
      {"\"\\x\"", "a string is malformed"},
      {"\"\xff\"", "not valid UTF-8"},
      {"\"\xc0\xaf\"", "not valid UTF-8"},
      {"\"\xed\xa0\x80\"", "not valid UTF-8"},
      {"[tru]", "a word is neither true, false nor null"},
      {"[nul]", "a word is neither true, false nor null"},
      {"[01]", "a number is malformed"},
      {"[1.]", "a number is malformed"},
      {"[-]", "a number is malformed"},
      {"[1e400]", "a number is malformed"},
  };
  for (const auto& [text, reason] : cases) {
    EXPECT_EQ(parseError(text).what(), "not valid JSON: " + reason) << text;
  }
}

TEST(Json, RefusesTextBesideTheDocument) {
  for (const char* text : {"{} {}", "1 2", "[1],", "{}x", "[1,]", "{\"a\":1,}", "{'a':1}", "{a:1}",
                           "[1 2]", "// c\n1", "{\"a\"}", "]",
                           "\xEF\xBB\xBF"
                           "{}{}"}) {
    EXPECT_TRUE(parseError(text).message.starts_with("not valid JSON")) << text;
  }
}

TEST(Json, RefusesEveryTruncation) {
  const std::string text = R"({"a":[1,{"b":"c\u0041"},null],"d":{"e":-12.5e3}})";
  EXPECT_NO_THROW(parse(text));
  for (size_t length = 0; length < text.size(); length++) {
    EXPECT_THROW(parse(text.substr(0, length)), JsonError) << text.substr(0, length);
  }
}

TEST(Json, RefusesDuplicateKeysByName) {
  EXPECT_STREQ(parseError(R"({"a":{"b":[{"c":1,"d":2,"c":1}]}})").what(),
               "a.b[0].c: the key is there twice");
  EXPECT_STREQ(parseError(R"({"c":1,"\u0063":1})").what(), "c: the key is there twice");
  EXPECT_NO_THROW(parse(R"({"c":1,"C":{"c":1}})"));
}

TEST(Json, FindsADuplicateAmongManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 20000; i++) text += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_NO_THROW(parse(text + "\"last\":0}"));
  EXPECT_EQ(parseError(text + "\"k777\":0}").field, "k777");
}

TEST(Json, KeepsIntegersExactly) {
  EXPECT_EQ(number<int64_t>("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(number<int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(number<uint64_t>("9223372036854775808"), 1ull << 63);
  EXPECT_EQ(number<uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(number<uint32_t>("4294967295"), UINT32_MAX);
  EXPECT_EQ(number<int64_t>("-0"), 0);
  EXPECT_EQ(number<uint64_t>("-0"), 0u);
  EXPECT_EQ(number<double>("9223372036854775808"), 9223372036854775808.0);
}

TEST(Json, RefusesIntegersOutsideTheirRange) {
  EXPECT_EQ(numberError<int64_t>("9223372036854775808"),
            "n: expected an integer from -9223372036854775808 to 9223372036854775807, "
            "got 9223372036854775808");
  EXPECT_EQ(numberError<uint32_t>("4294967296"),
            "n: expected an integer from 0 to 4294967295, got 4294967296");
  EXPECT_EQ(numberError<uint32_t>("-1"), "n: expected an integer from 0 to 4294967295, got -1");
  EXPECT_EQ(numberError<int32_t>("2147483648"),
            "n: expected an integer from -2147483648 to 2147483647, got 2147483648");
  EXPECT_EQ(numberError<uint16_t>("65536"), "n: expected an integer from 0 to 65535, got 65536");
}

TEST(Json, RefusesNumbersThatAreNotWrittenAsIntegers) {
  for (const char* digits : {"1e3", "1.0", "-0.0", "1E0", "18446744073709551616",
                             "-9223372036854775809", "1000000000000000000000000000000"}) {
    const std::string expected =
        "n: expected an integer, got a number with a fraction, an exponent or more than 64 bits";
    EXPECT_EQ(numberError<int64_t>(digits), expected) << digits;
    EXPECT_EQ(numberError<uint64_t>(digits), expected) << digits;
  }
}

TEST(Json, KeepsStringsBesideAHugeInteger) {
  const Document document =
      parse(R"({"s":"99999999999999999999 \" 99999999999999999999","h":99999999999999999999})");
  EXPECT_EQ(document.root().get<std::string>("s"), "99999999999999999999 \" 99999999999999999999");
  EXPECT_EQ(document.root().get<double>("h"), 1e20);
  EXPECT_STREQ(parseError("[99999999999999999999,01]").what(),
               "not valid JSON: a number is malformed");
}

TEST(Json, NamesTheFieldOfAWrongType) {
  const Document document = parse(R"({"a":{"b":[{"c-d":1},{"x.y":{"":null}}]}})");
  const Value list = document.root().at("a").at("b");
  EXPECT_STREQ(errorOf([&] { list.items()[0].get<bool>("c-d"); }).what(),
               "a.b[0].c-d: expected a boolean, got 1");
  EXPECT_STREQ(errorOf([&] { list.items()[1].at("x.y").get<std::string>(""); }).what(),
               "a.b[1][\"x.y\"][\"\"]: expected a string, got null");
  EXPECT_STREQ(errorOf([&] { list.find("key"); }).what(), "a.b: expected an object, got an array");
  EXPECT_STREQ(errorOf([&] { document.root().items(); }).what(),
               "expected an array, got an object");
  EXPECT_STREQ(errorOf([&] { list.items()[0].at("gone"); }).what(),
               "a.b[0].gone: required, but absent");
}

TEST(Json, CountsFieldsFromTheChosenRoot) {
  const Document document = parse(R"({"spec":{"list":[[1]]}})");
  const Value spec = document.root().at("spec").asRoot();
  EXPECT_EQ(spec.field(), "");
  EXPECT_EQ(spec.at("list").items()[0].items()[0].field(), "list[0][0]");
  EXPECT_EQ(document.root().at("spec").at("list").field(), "spec.list");
}

TEST(Json, RefusesANulByteWhereTheKernelWouldStopReading) {
  const Document document = parse(R"({"s":"a\u0000b","m":{"k\u0000":"v"}})");
  EXPECT_EQ(document.root().at("s").asText(), std::string_view("a\0b", 3));
  EXPECT_EQ(errorOf([&] { document.root().get<std::string>("s"); }).field, "s");
  EXPECT_EQ(errorOf([&] { document.root().at("m").members(); }).field, "m");
}

TEST(Json, QuotesOnlyTheBeginningOfALongText) {
  const Document document = parse("\"" + std::string(1000, 'x') + "\"");
  const std::string_view allowed[] = {"a", "b"};
  const JsonError error = errorOf([&] { document.root().asOneOf(allowed); });
  EXPECT_EQ(error.message, "expected one of a, b, got \"" + std::string(64, 'x') + "...\"");
}

TEST(JsonWriter, WritesWhatTheReaderReads) {
  Writer writer;
  writer.beginObject().field("text", "a\"\\\n\x01/\xC3\xA9").field("flag", true);
  writer.field("low", INT64_MIN).field("high", UINT64_MAX).field("small", uint8_t{7});
  writer.field("list", std::vector<std::string>{"x", ""}).key("nothing").null();
  writer.key("empty").beginArray().endArray().key("inner").beginObject().endObject().endObject();
  const std::string text = writer.take();
  EXPECT_EQ(text,
            R"({"text":"a\"\\\n\u0001/)"
            "\xC3\xA9"
            R"(","flag":true,"low":-9223372036854775808,"high":18446744073709551615,"small":7,)"
            R"("list":["x",""],"nothing":null,"empty":[],"inner":{}})");
  const Document document = parse(text);
  EXPECT_EQ(document.root().get<std::string>("text"), "a\"\\\n\x01/\xC3\xA9");
  EXPECT_EQ(document.root().get<uint64_t>("high"), UINT64_MAX);
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  const std::string bad = "\xEF\xBF\xBD";
  const std::pair<std::string, std::string> cases[] = {
      {"a\xff"
       "b",
       "a" + bad + "b"},
      {"\xc3", bad},
      {"\xc0\xaf", bad + bad},
      {"\xe0\x80\x80", bad + bad + bad},
      {"\xed\xa0\x80", bad + bad + bad},
      {"\xf4\x90\x80\x80", bad + bad + bad + bad},
      {"\xf0\x9f\x98", bad + bad + bad},
      {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
      {"\xef\xbf\xbf\x7f", "\xef\xbf\xbf\x7f"},
  };
  for (const auto& [bytes, expected] : cases) {
    Writer writer;
    const std::string text = writer.value(bytes).take();
    EXPECT_EQ(text, "\"" + expected + "\"");
    EXPECT_NO_THROW(parse(text));
  }
}

TEST(JsonWriter, EscapesEveryControlCharacter) {
  for (int c = 0; c < 256; c++) {
    const std::string byte(1, static_cast<char>(c));
    Writer writer;
    writer.beginObject().field(byte, byte).endObject();
    const std::string text = writer.take();
    const Document document = parse(text);
    if (c < 0x80) {
      EXPECT_TRUE(document.root().find(byte).has_value()) << c;
    }
  }
}

TEST(JsonWriter, ThrowsWhenUnbalanced) {
  EXPECT_THROW(Writer().take(), std::logic_error);
  EXPECT_THROW(Writer().beginObject().take(), std::logic_error);
  EXPECT_THROW(Writer().beginObject().value(1), std::logic_error);
  EXPECT_THROW(Writer().beginObject().key("a").endObject(), std::logic_error);
  EXPECT_THROW(Writer().beginObject().key("a").key("b"), std::logic_error);
  EXPECT_THROW(Writer().beginArray().key("a"), std::logic_error);
  EXPECT_THROW(Writer().beginArray().endObject(), std::logic_error);
  EXPECT_THROW(Writer().value(1).value(2), std::logic_error);
}

TEST(JsonWriter, IsEmptyAfterTake) {
  Writer writer;
  EXPECT_EQ(writer.value(1).take(), "1");
  EXPECT_EQ(writer.beginArray().value(1).value(2).endArray().take(), "[1,2]");
}
