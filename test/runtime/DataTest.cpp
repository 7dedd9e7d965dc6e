//===- DataTest.cpp - idx files, splits and batches (language.md T1, T2) ----------------------===//
#include "Files.h"

#include "dprt/data.h"

#include <gtest/gtest.h>

using namespace dprt;
using files::Folder;

static const DataShape shape = {{3, 2}, 5, false};

static DataSource mnist(const Folder &folder, Fraction validation = {}) {
  return {DataKind::Mnist, folder.path, validation, true};
}

/// Inputs and targets of one sample.
static std::pair<std::vector<float>, std::vector<float>> sample(const Samples &samples,
                                                                uint32_t index) {
  std::vector<float> x(size_t(samples.features())), y(size_t(samples.outputs()));
  samples.gather(&index, 1, 1, {x.data(), 0}, {y.data(), 0});
  return {x, y};
}

TEST(Data, PixelsAndLabels) {
  Folder folder;
  files::dataSet(folder, 12, 7, 5);
  Result<TrainingData> data = loadTraining(mnist(folder), shape);
  ASSERT_TRUE(data.ok()) << data.status().text();
  EXPECT_EQ(data->training.count(), 12);
  EXPECT_EQ(data->validation.count(), 0);
  auto [x, y] = sample(data->training, 8);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(x[size_t(i)], float(((56 + i) / 255.0 - 0.1307) / 0.3081));
  EXPECT_EQ(y, (std::vector<float>{0, 0, 0, 1, 0}));
  EXPECT_EQ(data->training.classOf(8), 3);
  Result<Samples> test = loadTest(mnist(folder), shape);
  ASSERT_TRUE(test.ok()) << test.status().text();
  EXPECT_EQ(test->count(), 7);
}

TEST(Data, NormalizationConstants) {
  Folder folder;
  files::dataSet(folder, 2, 2, 2);
  DataSource source = mnist(folder);
  source.normalize = false;
  EXPECT_EQ(sample(loadTraining(source, shape)->training, 0).first[3], float(3 / 255.0));
  source.kind = DataKind::FashionMnist;
  source.normalize = true;
  EXPECT_EQ(sample(loadTraining(source, shape)->training, 0).first[3],
            float((3 / 255.0 - 0.2860) / 0.3530));
}

TEST(Data, ValidationIsTheExactTail) {
  Folder folder;
  files::dataSet(folder, 70, 1, 5);
  // floor(0.7 * 70) is 49; in binary floating point the product could fall below.
  for (auto [v, held] : {std::pair(Fraction{7, 10}, 49), std::pair(Fraction{1, 10}, 7),
                         std::pair(Fraction{1, 71}, 0), std::pair(Fraction{69, 70}, 69)}) {
    Result<TrainingData> data = loadTraining(mnist(folder, v), shape);
    ASSERT_TRUE(data.ok());
    EXPECT_EQ(data->validation.count(), held);
    EXPECT_EQ(data->training.count(), 70 - held);
    if (held > 0)
      EXPECT_EQ(sample(data->validation, 0),
                sample(loadTraining(mnist(folder), shape)->training, uint32_t(70 - held)));
  }
  for (Fraction v : {Fraction{1, 1}, Fraction{-1, 2}, Fraction{1, 0}})
    EXPECT_EQ(loadTraining(mnist(folder, v), shape).status().code(), Code::Data);
}

TEST(Data, TestFilesAreNotOpenedForTraining) {
  Folder folder;
  files::dataSet(folder, 4, 4, 4);
  std::filesystem::remove(folder / "t10k-images-idx3-ubyte");
  EXPECT_TRUE(loadTraining(mnist(folder), shape).ok());
  Status status = checkTestPresent(mnist(folder));
  EXPECT_EQ(status.code(), Code::Data);
  EXPECT_NE(status.text().find("holds neither t10k-images-idx3-ubyte nor"), std::string::npos);
}

TEST(Data, EveryBrokenFileIsRefused) {
  std::string good = files::images(4, 3, 2), labels = files::labels(4, 4);
  std::string images = "train-images-idx3-ubyte", names = "train-labels-idx1-ubyte";
  std::string packed = files::gzip(good), corrupt = packed;
  corrupt[packed.size() - 6] ^= 1; // the checksum
  struct {
    std::string images, labels, text;
  } cases[] = {
      {good.substr(0, good.size() - 1), labels, "is truncated: it holds 23 of the 24 bytes"},
      {packed.substr(0, packed.size() - 9), labels, "the compressed data ends early"},
      {packed.substr(0, 5), labels, "the compressed data ends early"},
      {corrupt, labels, "the compressed data is corrupt"},
      {labels, labels, "holds labels where images are expected: are the files swapped?"},
      {good, good, "holds images where labels are expected: are the files swapped?"},
      {"", labels, "is empty"},
      {good, "", "is empty"},
      {files::gzip(""), labels, "is empty (after decompression)"},
      {"PK\3\4 something else", labels, "is no idx file of images: it starts with 0x504b0304"},
      {good.substr(0, 3), labels, "is truncated: it holds 3 bytes"},
      {good.substr(0, 9), labels, "ends within its header"},
      {good + "x", labels, "holds 1 bytes after its 4 images"},
      {files::images(5, 3, 2), labels, "holds 5 images, but"},
      {files::images(0, 3, 2), files::labels(0, 1), "holds no images"},
      {files::images(4, 3, 3), labels, "3 x 3 = 9 pixels, but the network's input [3, 2] has 6"},
      {good, files::labels(4, 4).substr(0, 11) + "\5", "label 5 of sample 3 is out of range"},
  };
  for (auto &broken : cases) {
    Folder folder;
    files::write(folder / images, broken.images);
    files::write(folder / names, broken.labels);
    Result<TrainingData> data = loadTraining(mnist(folder), shape);
    ASSERT_FALSE(data.ok()) << broken.text;
    EXPECT_EQ(data.status().code(), Code::Data);
    EXPECT_NE(data.status().text().find(broken.text), std::string::npos) << data.status().text();
    EXPECT_NE(data.status().text().find(folder.path), std::string::npos);
  }
}

TEST(Data, MissingFolderAndFiles) {
  Folder folder;
  EXPECT_NE(loadTraining(mnist(folder), shape).status().text().find("holds neither"),
            std::string::npos);
  DataSource source = {DataKind::Mnist, folder / "none", {}, true};
  EXPECT_EQ(loadTraining(source, shape).status().code(), Code::Data);
  source.path = "";
  EXPECT_EQ(loadTraining(source, shape).status().code(), Code::Data);
}

TEST(Data, LoadsWhileOthersWork) {
  Folder folder;
  files::dataSet(folder, 9, 1, 5);
  PendingTraining pending = PendingTraining::start(mnist(folder, {1, 3}), shape);
  Result<TrainingData> data = pending.wait();
  ASSERT_TRUE(data.ok());
  EXPECT_EQ(data->training.count(), 6);
  PendingTraining failing = PendingTraining::start({DataKind::Npz, folder / "no", {}, true}, shape);
  EXPECT_EQ(failing.wait().status().code(), Code::Data);
}

TEST(Data, GatherFollowsStridesAndPads) {
  Tensor x{"x", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}};
  Tensor y{"y", {2}, std::vector<int64_t>{1, 0}};
  Result<Samples> samples = makeSamples(x, y, {{3}, 2, false});
  ASSERT_TRUE(samples.ok()) << samples.status().text();
  std::vector<float> inputs(9, 9), targets(6, 9);
  uint32_t order[] = {1, 0};
  samples->gather(order, 2, 3, {inputs.data(), 1, 3}, {targets.data(), 2, 1});
  EXPECT_EQ(inputs, (std::vector<float>{4, 1, 0, 5, 2, 0, 6, 3, 0}));
  EXPECT_EQ(targets, (std::vector<float>{1, 0, 0, 1, 0, 0}));
  int64_t offsets[] = {2, 0, 1};
  samples->gather(order, 1, 1, {inputs.data(), 3, 1, offsets}, {targets.data(), 2, 1});
  EXPECT_EQ((std::vector<float>{inputs.begin(), inputs.begin() + 3}),
            (std::vector<float>{5, 6, 4}));
}

TEST(Data, MakeSamplesChecksShapes) {
  DataShape two = {{3}, 2, false};
  Tensor x{"x", {2, 3}, std::vector<float>(6)};
  Tensor floats{"y", {2, 2}, std::vector<double>{0, 1, 0.5, 0.25}};
  Result<Samples> samples = makeSamples(x, floats, two);
  ASSERT_TRUE(samples.ok());
  EXPECT_EQ(samples->classOf(0), 1);
  EXPECT_EQ(samples->classOf(1), 0);
  auto text = [&](const Tensor &x, const Tensor &y) {
    return makeSamples(x, y, two).status().text();
  };
  EXPECT_EQ(text({"x", {2, 4}, std::vector<float>(8)}, floats),
            "tensor `x` has shape [2, 4], expected is [batch, 3]");
  EXPECT_EQ(text(x, {"y", {3}, std::vector<int64_t>(3)}),
            "tensor `y` has shape [3], expected is [2]");
  EXPECT_EQ(text(x, {"y", {2}, std::vector<int64_t>{0, 2}}),
            "`y`: label 2 of sample 1 is out of range: the network has 2 outputs");
  EXPECT_EQ(text({"x", {0, 3}, std::vector<float>()}, floats),
            "tensor `x` has shape [0, 3], expected is [batch, 3]");
}
