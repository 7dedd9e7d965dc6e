//===- WeightsTest.cpp - safetensors ----------------------------------------------------------===//
#include "Files.h"

#include "dprt/weights.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace dprt;
using files::Folder;

static std::string container(const std::string &json, const std::string &data = "") {
  return files::little(uint64_t(json.size())) + json + data;
}

TEST(Weights, RoundTripOfAllTypes) {
  Folder folder;
  std::vector<Tensor> written = {
      {"h1.weight", {2, 3}, std::vector<float>{1, -2, 3.5f, 0, -0.0f, 1e-30f}},
      {"loss", {}, std::vector<double>{0.1}},
      {"y \"q\" \\ \n", {2}, std::vector<int64_t>{-1, int64_t{1} << 40}},
      {"none", {0, 4}, std::vector<float>{}}};
  ASSERT_TRUE(writeTensors(folder / "w", written).ok());
  Result<std::vector<Tensor>> read = readTensors(folder / "w");
  ASSERT_TRUE(read.ok()) << read.status().text();
  ASSERT_EQ(read->size(), 4u);
  for (const Tensor &tensor : written) {
    auto same = std::find_if(read->begin(), read->end(),
                             [&](const Tensor &other) { return other.name == tensor.name; });
    ASSERT_NE(same, read->end()) << tensor.name;
    EXPECT_EQ(same->shape, tensor.shape);
    EXPECT_EQ(same->data, tensor.data);
  }
  // The data is aligned for readers that map the file.
  EXPECT_EQ(*reinterpret_cast<const uint64_t *>(files::read(folder / "w").data()) % 8, 0u);
}

TEST(Weights, ReadsOtherWritersHeaders) {
  Folder folder;
  std::string json = " { \"__metadata__\" : {\"format\":\"pt\"}, \"\\u00e9\\ud83d\\ude00\": "
                     "{\"data_offsets\":[4,8],\"shape\":[1],\"dtype\":\"F32\"},\n"
                     "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}   ";
  files::write(folder / "w", container(json, files::little(1.0f) + files::little(2.0f)));
  Result<std::vector<Tensor>> read = readTensors(folder / "w");
  ASSERT_TRUE(read.ok()) << read.status().text();
  EXPECT_EQ((*read)[0].name, "b");
  EXPECT_EQ((*read)[1].name, "\u00e9\U0001F600");
  EXPECT_EQ(*(*read)[1].f32(), std::vector<float>{2});
}

TEST(Weights, EveryBrokenFileIsRefused) {
  Folder folder;
  std::string eight(8, '\0');
  auto item = [](std::string name, std::string type, std::string shape, std::string offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
  };
  std::vector<std::pair<std::string, std::string>> cases = {
      {"", "the file is empty"},
      {"abc", "truncated"},
      {files::little(uint64_t{1} << 60) + "{}", "truncated or not a safetensors file"},
      {files::little(~uint64_t{0}) + "{}", "truncated or not a safetensors file"},
      {container("[]"), "`{` is expected"},
      {container("{"), "expected"},
      {container("{} x"), "text follows"},
      {container("{\"a\":1}"), "`{` is expected"},
      {container("{\"a\":{}}"), "no `dtype`"},
      {container("{" + item("a", "F32", "[2]", "[0,8]") + "," + item("a", "F32", "[2]", "[0,8]") +
                     "}",
                 eight),
       "occurs twice"},
      {container("{" + item("a", "F32", "[2]", "[0,8]") + "," + item("b", "F32", "[1]", "[4,8]") +
                     "}",
                 eight),
       "overlaps"},
      {container("{" + item("a", "F32", "[1]", "[4,8]") + "}", eight), "belong to no tensor"},
      {container("{" + item("a", "F32", "[1]", "[0,4]") + "}", eight), "belong to no tensor"},
      {container("{" + item("a", "F32", "[4]", "[0,16]") + "}", eight), "truncated"},
      {container("{" + item("a", "F32", "[3]", "[0,8]") + "}", eight), "do not fill"},
      {container("{" + item("a", "F32", "[2]", "[8,0]") + "}", eight), "truncated"},
      {container("{" + item("a", "F16", "[4]", "[0,8]") + "}", eight), "type F16"},
      {container("{" + item("a", "F32", "[4294967296,4294967296]", "[0,8]") + "}", eight),
       "too large"},
      {container("{" + item("a", "F32", "[99999999999999999999]", "[0,8]") + "}", eight),
       "too large"},
      {container("{" + item("a", "F32", "[-2]", "[0,8]") + "}", eight), "whole number"},
      {container("{" + item("a", "F32", "[02]", "[0,8]") + "}", eight), "must not start with 0"},
      {container("{" + item("a", "F32", "[2]", "[0]") + "}", eight), "two data_offsets"},
      {container("{\"\\ud800\":{}}"), "surrogate"},
      {container("{\"a"), "no end"},
  };
  for (auto &[bytes, text] : cases) {
    files::write(folder / "w", bytes);
    Result<std::vector<Tensor>> read = readTensors(folder / "w");
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.status().code(), Code::Data);
    EXPECT_NE(read.status().text().find(text), std::string::npos) << read.status().text();
    EXPECT_NE(read.status().text().find(folder / "w"), std::string::npos);
  }
  EXPECT_EQ(readTensors(folder / "none").status().code(), Code::Data);
  EXPECT_EQ(readTensors(folder.path).status().code(), Code::Data);
}

TEST(Weights, EveryTruncationIsRefused) {
  Folder folder;
  Tensor tensor{"a", {5}, std::vector<float>{1, 2, 3, 4, 5}};
  ASSERT_TRUE(writeTensors(folder / "w", {&tensor, 1}).ok());
  std::string whole = files::read(folder / "w");
  for (size_t length = 0; length < whole.size(); ++length) {
    files::write(folder / "t", whole.substr(0, length));
    EXPECT_EQ(readTensors(folder / "t").status().code(), Code::Data) << length;
  }
}

TEST(Weights, MatchNamesEachMistake) {
  std::vector<TensorType> expected = {{"a", {2}}, {"b", {1}}, {"c", {1, 2}}, {"d", {1}}};
  std::vector<Tensor> tensors = {{"d", {1}, std::vector<double>{1}},
                                 {"c", {2, 1}, std::vector<float>{1, 2}},
                                 {"extra", {1}, std::vector<float>{1}},
                                 {"a", {2}, std::vector<float>{1, 2}}};
  Result<std::vector<Tensor>> result = matchTensors("W", tensors, expected);
  EXPECT_EQ(result.status().code(), Code::Data);
  EXPECT_EQ(result.status().text(), "`W`: tensor `b` [1] is missing\n"
                                    "`W`: tensor `c` has shape [2, 1], expected is [1, 2]\n"
                                    "`W`: tensor `d` has type F64, expected is F32\n"
                                    "`W`: tensor `extra` is not one of the model's");
}

TEST(Weights, MatchOrdersAsExpected) {
  std::vector<TensorType> expected = {{"a", {1}}, {"b", {1}}};
  std::vector<Tensor> tensors = {{"b", {1}, std::vector<float>{2}},
                                 {"a", {1}, std::vector<float>{1}}};
  Result<std::vector<Tensor>> result = matchTensors("W", tensors, expected);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ((*result)[0].name, "a");
  EXPECT_EQ(*(*result)[1].f32(), std::vector<float>{2});
}

TEST(Weights, WritingFailsCleanly) {
  Folder folder;
  Tensor tensor{"a", {1}, std::vector<float>{1}};
  EXPECT_EQ(writeTensors("/dev/full", {&tensor, 1}).code(), Code::Machine);
  EXPECT_EQ(writeTensors(folder / "no/w", {&tensor, 1}).code(), Code::Machine);
  EXPECT_EQ(folder.entries(), 0u);
}
