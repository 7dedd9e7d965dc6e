//===- ModelTest.cpp - descriptions and the arena ---------------------------------------------===//
#include "FakeModel.h"

#include <gtest/gtest.h>

using namespace dprt;

TEST(Description, IsParsed) {
  Result<Description> text = Description::parse(fake::description);
  ASSERT_TRUE(text.ok()) << text.status().text();
  EXPECT_EQ(text->batch, 4);
  EXPECT_EQ(text->arenaBytes, 592);
  EXPECT_EQ(text->entries.size(), 2u);
  EXPECT_EQ(text->parameters.offset, 128);
  EXPECT_EQ(text->gradients.bytes, 64);
  const TensorPlace *loss = text->find("infer", "#loss");
  ASSERT_NE(loss, nullptr);
  EXPECT_EQ(loss->offset, 512);
  EXPECT_EQ(text->find("probe", "#loss"), nullptr);
  EXPECT_EQ(text->find("infer", "x")->role, Role::Input);
  std::vector<TensorType> types = text->parameterTypes();
  ASSERT_EQ(types.size(), 2u);
  EXPECT_EQ(types[0].name, "output.weight");
  EXPECT_EQ(types[0].shape, (std::vector<int64_t>{2, 3}));
}

TEST(Description, OtherVersionIsNamed) {
  EXPECT_EQ(Description::parse("dprt 2\nend\n").status().text(),
            "the model was compiled for version 2 of the runtime, this is version 1");
}

TEST(Description, EveryWrongLineIsRefused) {
  for (const char *line :
       {"batch", "batch x", "batch 4 5", "what 3", "tensor * value a 1 4 1 590",
        "tensor * value a 1 4 1 2", "tensor * value a 2 4 4 1 0", "tensor * odd a 1 4 1 0",
        "tensor * value a 1 0 1 0", "tensor * value a 2 4 999999999999 999999999999 1 0",
        "region other 0 64", "region parameters 560 64", "entry train_step", "tensor * value a 99",
        ""}) {
    std::string text = std::string("dprt 1\nbatch 4\narena 592\n") + line + "\nend\n";
    Result<Description> parsed = Description::parse(text);
    ASSERT_FALSE(parsed.ok()) << line;
    EXPECT_EQ(parsed.status().code(), Code::Internal);
    EXPECT_NE(parsed.status().text().find("line 4"), std::string::npos) << parsed.status().text();
  }
  for (const char *text : {"", "dprt 1\n", "batch 4\nend\n", "dprt 1\nend\n", "dprt 1\nbatch 4"})
    EXPECT_FALSE(Description::parse(text).ok()) << text;
}

TEST(Model, ArenaIsAlignedAndZero) {
  Model model = fake::model();
  EXPECT_EQ(reinterpret_cast<uintptr_t>(model.arena()) % 64, 0u);
  EXPECT_EQ(model.read(*model.description().find("*", "output.weight")),
            std::vector<float>(6, 0.0f));
}

TEST(Model, BigArenasAreAlignedAndZero) {
  std::string text = "dprt 1\nbatch 1\narena 9000064\ntensor * value a 1 2250000 1 0\nend\n";
  Result<Model> model = Model::create(text, fake::resolve);
  ASSERT_TRUE(model.ok());
  EXPECT_EQ(reinterpret_cast<uintptr_t>(model->arena()) % 64, 0u);
  EXPECT_EQ(model->read(model->description().tensors[0]), std::vector<float>(2250000, 0.0f));
}

TEST(Model, TooBigForThisMachine) {
  Result<Model> model =
      Model::create("dprt 1\nbatch 1\narena 4611686018427387904\nend\n", fake::resolve);
  EXPECT_EQ(model.status().code(), Code::Machine);
}

TEST(Model, UnknownSymbol) {
  Result<Model> model =
      Model::create("dprt 1\nbatch 1\narena 64\nentry infer odd\nend\n", fake::resolve);
  EXPECT_EQ(model.status().text(), "the model has no function `odd`");
}

TEST(Model, ParametersFollowStrides) {
  Model model = fake::model();
  std::vector<Tensor> tensors = {{"output.weight", {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6}},
                                 {"output.bias", {2}, std::vector<float>{7, 8}}};
  model.writeParameters(tensors);
  fake::Arena &arena = fake::arena(model);
  EXPECT_EQ(arena.weight[0][0], 1);
  EXPECT_EQ(arena.weight[0][1], 4);
  EXPECT_EQ(arena.weight[2][0], 3);
  EXPECT_EQ(arena.weight[2][2], 0) << "padding stays zero";
  EXPECT_EQ(arena.bias[1], 8);
  std::vector<Tensor> read = model.readParameters();
  EXPECT_EQ(read[0].data, tensors[0].data);
  EXPECT_EQ(read[1].data, tensors[1].data);
  EXPECT_EQ(read[0].name, "output.weight");
}

TEST(Model, EntriesAreCalledByName) {
  Model model = fake::model();
  EXPECT_TRUE(model.has("infer"));
  EXPECT_FALSE(model.has("probe"));
  model.run("infer", 2);
  EXPECT_EQ(fake::evaluations, 1);
  EXPECT_NEAR(fake::arena(model).inferLoss[1], 0.6931f, 1e-4);
}
