// Exact coefficients: arithmetic, canonical text, values (derivation.md 2).
#include "dialect/Coefficient.h"
#include "dialect/Vocabulary.h"

#include <gtest/gtest.h>

#include <random>

using namespace dpc;

namespace {

Coefficient parse(const char *text) {
  std::optional<Coefficient> value = Coefficient::parse(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(Coefficient());
}

std::string canonical(const char *text) { return parse(text).str(); }

TEST(Rational, DecimalsAreExact) {
  EXPECT_EQ(toString(*parseRational("0.3")), "3/10");
  EXPECT_EQ(toString(*parseRational("1e-3")), "1/1000");
  EXPECT_EQ(toString(*parseRational("2.50e2")), "250");
  EXPECT_EQ(toString(*parseRational("-4/6")), "-2/3");
  EXPECT_EQ(toString(*parseRational("123456789012345678901234567890")),
            "123456789012345678901234567890");
  EXPECT_EQ(toString(Rational(1, 1) - *parseRational("0.3")), "7/10");
}

TEST(Rational, WhatIsNoNumberIsRefused) {
  for (const char *text : {"", "-", ".", "1.2.3", "1e", "1e999999", "a", "1/0", "1/", "--1", "1 2"})
    EXPECT_FALSE(parseRational(text)) << text;
}

TEST(Rational, NearestDouble) {
  EXPECT_EQ(toDouble(*parseRational("0.1")), 0.1);
  EXPECT_EQ(toDouble(*parseRational("-1/3")), -1.0 / 3.0);
  EXPECT_EQ(toDouble(*parseRational("1e-300")), 1e-300);
}

TEST(Coefficient, SumsCancelWhileParametersAreUnknown) {
  EXPECT_TRUE(parse("alpha + (1 - alpha)").isOne());
  EXPECT_TRUE(parse("(1 + damping)/(1 + damping)").isOne());
  EXPECT_TRUE(parse("a*b - b*a").isZero());
  EXPECT_EQ(canonical("(a*a - b*b)/(a - b)"), "b + a");
  EXPECT_EQ(canonical("a/(a*b)"), "1/b");
  EXPECT_EQ(canonical("(a - b)/(b - a)"), "-1");
  EXPECT_EQ(canonical("1/beta - 1 + alpha"), canonical("(1 - beta + alpha*beta)/beta"));
}

TEST(Coefficient, CanonicalText) {
  EXPECT_EQ(canonical("-1/10"), "-1/10");
  EXPECT_EQ(canonical("1 - alpha"), "1 - alpha");
  EXPECT_EQ(canonical("(1 - alpha)/beta"), "(1 - alpha)/beta");
  EXPECT_EQ(canonical("-beta + alpha*beta"), "-beta + alpha*beta");
  EXPECT_EQ(canonical("alpha[b.h] / 2"), "1/2*alpha[b.h]");
  EXPECT_EQ(canonical("1/(2*beta)"), "1/2/beta");
  EXPECT_EQ(canonical("0*x"), "0");
}

TEST(Coefficient, TextParsesBack) {
  for (const char *text : {"(1 - a)/(b + c)", "1/(a*b)", "a*a*b - 3/7", "-(a + b)*(a + b)/c"})
    EXPECT_EQ(parse(canonical(text).c_str()), parse(text)) << text;
}

TEST(Coefficient, WhatIsNoCoefficientIsRefused) {
  for (const char *text : {"", "1 +", "(1", "a[", "1/0", "1/(a - a)", "a b", "*", "a]"})
    EXPECT_FALSE(Coefficient::isText(text)) << text;
}

TEST(Coefficient, ValuesNeedEveryParameter) {
  Coefficient value = parse("(1 - alpha)/beta");
  auto lookup = [](llvm::StringRef name) -> std::optional<Rational> {
    if (name == "alpha")
      return Rational(1, 4);
    return std::nullopt;
  };
  EXPECT_FALSE(value.evaluate(lookup));
  EXPECT_FALSE(value.number());
  EXPECT_EQ(parse("alpha - 1").evaluate(lookup), Rational(-3, 4));
  EXPECT_FALSE(parse("1/(4*alpha - 1)").evaluate(lookup)) << "a vanishing denominator";
}

/// Random expressions in two parameters: the symbolic value at a point is the value of the parts.
TEST(Coefficient, ArithmeticAgreesWithValues) {
  std::mt19937 random(7);
  auto lookup = [](llvm::StringRef name) -> std::optional<Rational> {
    return name == "a" ? Rational(3, 7) : Rational(-5, 2);
  };
  for (int round = 0; round < 300; ++round) {
    Coefficient sum = Coefficient::symbol("a");
    Rational value = *lookup("a");
    for (int step = 0; step < 6; ++step) {
      Coefficient other = random() % 2 ? Coefficient::symbol(random() % 2 ? "a" : "b")
                                       : Coefficient(Rational(int64_t(random() % 9) - 4, 3));
      Rational number = *other.evaluate(lookup);
      switch (random() % 4) {
      case 0:
        sum = sum + other, value += number;
        break;
      case 1:
        sum = sum - other, value -= number;
        break;
      case 2:
        sum = sum * other, value *= number;
        break;
      default:
        if (!other.isZero())
          sum = sum / other, value /= number;
      }
    }
    ASSERT_EQ(sum.evaluate(lookup), value) << sum.str();
    ASSERT_EQ(Coefficient::parse(sum.str())->evaluate(lookup), value) << sum.str();
  }
}

TEST(Vocabulary, SmallestCurvature) {
  EXPECT_EQ(smallestCurvature(Activation::sigmoid, Rational(1, 1)), Rational(4, 1));
  EXPECT_EQ(smallestCurvature(Activation::leaky_relu, Rational(1, 100)), Rational(1, 1));
  EXPECT_EQ(smallestCurvature(Activation::leaky_relu, Rational(2, 1)), Rational(1, 2));
}

} // namespace
