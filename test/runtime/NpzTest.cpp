//===- NpzTest.cpp - arrays of NumPy (language.md T1) -----------------------------------------===//
#include "Files.h"

#include "dprt/data.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace dprt;
using files::Folder;
using files::npy;
using files::zip;

static const DataShape shape = {{2}, 3, false};

template <typename Number> static std::string numbers(std::initializer_list<Number> values) {
  std::string bytes;
  for (Number value : values)
    bytes += files::little(value);
  return bytes;
}

static Result<TrainingData> load(const Folder &folder, const std::string &bytes,
                                 DataShape wanted = shape) {
  files::write(folder / "d.npz", bytes);
  return loadTraining({DataKind::Npz, folder / "d.npz", {1, 2}, true}, wanted);
}

static const std::string goodX = npy("|u1", "(2, 2)", numbers<uint8_t>({0, 255, 51, 102}));
static const std::string goodY = npy("<i8", "(2,)", numbers<int64_t>({2, 1}));

TEST(Npz, BytesAndClassNumbers) {
  for (bool packed : {false, true}) {
    Folder folder;
    Result<TrainingData> data =
        load(folder, zip({{"x_train.npy", goodX, packed}, {"y_train.npy", goodY, packed}}));
    ASSERT_TRUE(data.ok()) << data.status().text();
    EXPECT_EQ(data->training.count(), 1);
    std::vector<float> x(2), y(3);
    uint32_t first = 0;
    data->validation.gather(&first, 1, 1, {x.data(), 0}, {y.data(), 0});
    EXPECT_EQ(x, (std::vector<float>{float(51 / 255.0), float(102 / 255.0)}));
    EXPECT_EQ(y, (std::vector<float>{0, 1, 0}));
  }
}

TEST(Npz, FloatsTargetsAndNewerFormats) {
  Folder folder;
  DataShape cube = {{2, 1, 1}, 2, true};
  Result<TrainingData> data = load(
      folder,
      zip({{"x_train.npy", npy("<f4", "(2, 1, 2, 1)", numbers<float>({1, 2, 3, -4}), 2)},
           {"y_train.npy", npy("<f4", "(2, 2)", numbers<float>({1, 0, 0.25, 0.75}), 3), true}}),
      cube);
  ASSERT_TRUE(data.ok()) << data.status().text();
  EXPECT_EQ(data->training.classOf(0), 0);
  EXPECT_EQ(data->validation.classOf(0), 1);
  std::vector<float> x(2), y(2);
  uint32_t first = 0;
  data->validation.gather(&first, 1, 1, {x.data(), 0}, {y.data(), 0});
  EXPECT_EQ(x, (std::vector<float>{3, -4}));
  EXPECT_EQ(y, (std::vector<float>{0.25, 0.75}));
}

TEST(Npz, UnsignedByteLabels) {
  Folder folder;
  Result<TrainingData> data = load(
      folder,
      zip({{"x_train.npy", goodX}, {"y_train.npy", npy("|u1", "(2,)", numbers<uint8_t>({0, 2}))}}));
  ASSERT_TRUE(data.ok()) << data.status().text();
  EXPECT_EQ(data->validation.classOf(0), 2);
}

TEST(Npz, OnlyTheMembersAskedForAreRead) {
  Folder folder;
  std::string broken = "no array at all";
  Result<TrainingData> data =
      load(folder, zip({{"x_train.npy", goodX}, {"y_train.npy", goodY}, {"x_test.npy", broken}}));
  EXPECT_TRUE(data.ok());
  DataSource source = {DataKind::Npz, folder / "d.npz", {}, true};
  EXPECT_EQ(checkTestPresent(source).text(), "`" + source.path + "` has no array `y_test`");
  EXPECT_EQ(loadTest(source, shape).status().code(), Code::Data);
}

TEST(Npz, EveryMistakeHasItsSentence) {
  auto pair = [](const std::string &x, const std::string &y) {
    return zip({{"x_train.npy", x}, {"y_train.npy", y}});
  };
  std::string whole = pair(goodX, goodY), flipped = whole;
  flipped[flipped.find("NUMPY") + 10] ^= 1;
  std::string floats = npy("<f4", "(2, 3)", numbers<float>({1, 0, 0, 0.5, 0, 0.25}));
  float nan = NAN;
  struct {
    std::string bytes, text;
    bool distributions = false;
  } cases[] = {
      {"", "is empty"},
      {"hello", "no zip file"},
      {whole.substr(0, whole.size() / 2), "truncated or no zip file"},
      {flipped, "checksum"},
      {zip({{"x_train.npy", goodX}, {"labels.npy", goodY}}),
       "has no array `y_train`; it has labels, x_train"},
      {pair(npy("<f8", "(2, 2)", std::string(32, 0)), goodY), "type `<f8`"},
      {pair(npy(">f4", "(2, 2)", std::string(16, 0)), goodY), "type `>f4`"},
      {pair(npy("|u1", "(2, 2)", std::string(4, 0), 1, "True"), goodY), "Fortran order"},
      {pair(npy("|u1", "(2, 2)", std::string(3, 0)), goodY), "holds 3 bytes of elements"},
      {pair(npy("|u1", "(2, 3)", std::string(6, 0)), goodY), "has 3 elements, but the network's"},
      {pair(npy("|u1", "(0, 2)", ""), goodY), "holds no samples"},
      {pair(npy("|u1", "(99999999999, 99999999999)", ""), goodY), "impossible shape"},
      {pair(npy("|u1", "(2, 2", std::string(4, 0)), goodY), "not NumPy's"},
      {pair(npy("|u1", "(2, 2)", std::string(4, 0), 9), goodY), "format 9"},
      {pair(goodX.substr(0, 20), goodY), "ends within its header"},
      {pair(npy("<f4", "(2, 2)", numbers<float>({0, 0, nan, 0})), goodY), "sample 1 holds nan"},
      {pair(goodX, npy("<i8", "(3,)", std::string(24, 0))), "for each of 2 samples"},
      {pair(goodX, npy("<i4", "(2,)", std::string(8, 0))), "type `<i4`"},
      {pair(goodX, npy("<i8", "(2, 1)", std::string(16, 0))), "has shape [2, 1]"},
      {pair(goodX, npy("<i8", "(2,)", numbers<int64_t>({0, 3}))), "label 3 of sample 1"},
      {pair(goodX, npy("<i8", "(2,)", numbers<int64_t>({-1, 0}))), "label -1 of sample 0"},
      {pair(goodX, npy("<f4", "(2, 2)", std::string(16, 0))), "targets are expected as [2, 3]"},
      {pair(goodX, floats), "targets of sample 1 sum to 0.75", true},
      {pair(goodX, npy("<f4", "(2, 3)", numbers<float>({1, 0, 0, nan, 0, 0}))), "not all finite"},
  };
  for (auto &broken : cases) {
    Folder folder;
    DataShape wanted = shape;
    wanted.targetsAreDistributions = broken.distributions;
    Result<TrainingData> data = load(folder, broken.bytes, wanted);
    ASSERT_FALSE(data.ok()) << broken.text;
    EXPECT_EQ(data.status().code(), Code::Data);
    EXPECT_NE(data.status().text().find(broken.text), std::string::npos) << data.status().text();
  }
  Folder folder;
  EXPECT_TRUE(load(folder, pair(goodX, floats)).ok()) << "without cross-entropy any row will do";
}

TEST(Npz, EveryTruncationIsRefused) {
  std::string whole = zip({{"x_train.npy", goodX, true}, {"y_train.npy", goodY, true}});
  for (size_t length = 0; length < whole.size(); length += 3) {
    Folder folder;
    EXPECT_EQ(load(folder, whole.substr(0, length)).status().code(), Code::Data) << length;
  }
}
