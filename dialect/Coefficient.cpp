//===- Coefficient.cpp - polynomials, their quotients, and text that reads back ---------------===//
#include "dialect/Coefficient.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <cmath>
#include <cstdlib>

using namespace dpc;
using llvm::DynamicAPInt;
using llvm::StringRef;

namespace {

std::string toString(const DynamicAPInt &integer) {
  std::string text;
  llvm::raw_string_ostream(text) << integer;
  return text;
}

bool isNameStart(char c) { return llvm::isAlpha(c) || c == '_'; }
bool isNamePart(char c) { return llvm::isAlnum(c) || c == '_'; }

/// Largest decimal exponent that is read: beyond it a number cannot be a float anyway.
constexpr int largestExponent = 400;

/// Recursive descent over `+ - * / ( )`, numbers and parameters.
class TextParser {
public:
  explicit TextParser(StringRef text) : rest(text) {}

  std::optional<Coefficient> run() {
    std::optional<Coefficient> value = sum();
    if (!value || !peek().empty())
      return std::nullopt;
    return value;
  }

private:
  StringRef peek() { return rest = rest.ltrim(); }
  bool eat(char c) {
    if (!peek().starts_with(StringRef(&c, 1)))
      return false;
    rest = rest.drop_front();
    return true;
  }

  std::optional<Coefficient> sum() {
    std::optional<Coefficient> value = product();
    while (value && !peek().empty() && (rest.front() == '+' || rest.front() == '-')) {
      bool plus = rest.front() == '+';
      rest = rest.drop_front();
      std::optional<Coefficient> right = product();
      if (!right)
        return std::nullopt;
      value = plus ? *value + *right : *value - *right;
    }
    return value;
  }

  std::optional<Coefficient> product() {
    std::optional<Coefficient> value = factor();
    while (value && !peek().empty() && (rest.front() == '*' || rest.front() == '/')) {
      bool times = rest.front() == '*';
      rest = rest.drop_front();
      std::optional<Coefficient> right = factor();
      if (!right || (!times && right->isZero()))
        return std::nullopt;
      value = times ? *value * *right : *value / *right;
    }
    return value;
  }

  std::optional<Coefficient> factor() {
    if (eat('-')) {
      std::optional<Coefficient> value = factor();
      return value ? std::optional(-*value) : std::nullopt;
    }
    if (eat('(')) {
      std::optional<Coefficient> value = sum();
      return value && eat(')') ? value : std::nullopt;
    }
    if (peek().empty())
      return std::nullopt;
    if (isNameStart(rest.front())) {
      StringRef name = rest.take_while(isNamePart);
      size_t length = name.size();
      if (rest.drop_front(length).starts_with("[")) {
        size_t close = rest.find(']');
        if (close == StringRef::npos)
          return std::nullopt;
        length = close + 1;
      }
      Coefficient value = Coefficient::symbol(rest.take_front(length));
      rest = rest.drop_front(length);
      return value;
    }
    StringRef digits = rest.take_while([](char c) { return llvm::isDigit(c) || c == '.'; });
    size_t length = digits.size();
    StringRef after = rest.drop_front(length);
    if (after.consume_front("e") || after.consume_front("E")) {
      if (!after.consume_front("-"))
        after.consume_front("+");
      after = after.drop_while(llvm::isDigit);
      length = rest.size() - after.size();
    }
    std::optional<Rational> number = parseRational(rest.take_front(length));
    if (!number)
      return std::nullopt;
    rest = rest.drop_front(length);
    return Coefficient(*number);
  }

  StringRef rest;
};

} // namespace

//===------------------------------------------------------------------------------------------===//
// Numbers
//===------------------------------------------------------------------------------------------===//

std::optional<Rational> dpc::parseRational(StringRef text) {
  auto [left, right] = text.split('/');
  if (text.contains('/')) {
    std::optional<Rational> a = parseRational(left), b = parseRational(right);
    if (!a || !b || *b == Rational(0, 1))
      return std::nullopt;
    return *a / *b;
  }
  bool negative = text.consume_front("-");
  DynamicAPInt digits(0), ten(10);
  int exponent = 0;
  bool any = false, point = false;
  while (!text.empty() && (llvm::isDigit(text.front()) || text.front() == '.')) {
    char c = text.front();
    text = text.drop_front();
    if (c == '.') {
      if (point)
        return std::nullopt;
      point = true;
      continue;
    }
    any = true;
    digits = digits * ten + DynamicAPInt(c - '0');
    exponent -= point;
  }
  if (!any)
    return std::nullopt;
  if (!text.empty()) {
    int written = 0;
    if (!text.consume_front("e") && !text.consume_front("E"))
      return std::nullopt;
    text.consume_front("+");
    if (text.getAsInteger(10, written) || std::abs(written) > largestExponent)
      return std::nullopt;
    exponent += written;
  }
  DynamicAPInt power(1);
  for (int i = 0; i < std::abs(exponent); ++i)
    power = power * ten;
  Rational value = exponent < 0 ? Rational(digits, power) : Rational(digits * power);
  value = reduce(value);
  return negative ? -value : value;
}

std::string dpc::toString(const Rational &number) {
  Rational reduced = reduce(number);
  std::string text = ::toString(reduced.num);
  if (reduced.den != DynamicAPInt(1))
    text += "/" + ::toString(reduced.den);
  return text;
}

double dpc::toDouble(const Rational &number) {
  std::string above = ::toString(number.num), below = ::toString(number.den);
  double numerator = std::strtod(above.c_str(), nullptr);
  double denominator = std::strtod(below.c_str(), nullptr);
  if (std::isfinite(numerator) && std::isfinite(denominator))
    return numerator / denominator;
  // Integers beyond the doubles, whose quotient need not be: 0.333… of many digits.
  size_t shift = std::min(above.size(), below.size());
  auto scaled = [&](const std::string &digits) {
    return std::strtod((digits + "e-" + std::to_string(shift)).c_str(), nullptr);
  };
  return scaled(above) / scaled(below);
}

//===------------------------------------------------------------------------------------------===//
// Polynomials
//===------------------------------------------------------------------------------------------===//

bool Coefficient::Leading::operator()(const Monomial &a, const Monomial &b) const {
  auto i = a.begin(), j = b.begin();
  for (; i != a.end() && j != b.end(); ++i, ++j) {
    if (i->first != j->first)
      return i->first < j->first;
    if (i->second != j->second)
      return i->second > j->second;
  }
  return i != a.end(); // a mentions more parameters: it leads
}

Coefficient::Polynomial Coefficient::add(const Polynomial &a, const Polynomial &b,
                                         const Rational &scale) {
  Polynomial sum = a;
  for (const auto &[monomial, factor] : b) {
    auto [place, isNew] = sum.try_emplace(monomial, factor * scale);
    if (!isNew)
      place->second += factor * scale;
    if (place->second == Rational(0, 1))
      sum.erase(place);
  }
  return sum;
}

Coefficient::Polynomial Coefficient::multiply(const Polynomial &a, const Polynomial &b) {
  Polynomial product;
  for (const auto &[left, leftFactor] : a) {
    Polynomial row;
    for (const auto &[right, rightFactor] : b) {
      Monomial monomial = left;
      for (const auto &[name, power] : right)
        monomial[name] += power;
      row[monomial] = leftFactor * rightFactor;
    }
    product = add(product, row, Rational(1, 1));
  }
  return product;
}

/// a / b if the division leaves no remainder. The order of monomials is a monomial order, so the
/// leading term of the remainder must be divisible at every step.
std::optional<Coefficient::Polynomial> Coefficient::divideExactly(Polynomial a,
                                                                  const Polynomial &b) {
  Polynomial quotient;
  const auto &[leadMonomial, leadFactor] = *b.begin();
  while (!a.empty()) {
    Monomial monomial = a.begin()->first;
    Rational factor = a.begin()->second;
    for (const auto &[name, power] : leadMonomial) {
      auto found = monomial.find(name);
      if (found == monomial.end() || found->second < power)
        return std::nullopt;
      found->second -= power;
      if (found->second == 0)
        monomial.erase(found);
    }
    Polynomial step{{monomial, factor / leadFactor}};
    quotient = add(quotient, step, Rational(1, 1));
    a = add(a, multiply(step, b), Rational(-1, 1));
  }
  return quotient;
}

std::string Coefficient::str(const Polynomial &polynomial) {
  if (polynomial.empty())
    return "0";
  std::string text;
  for (const auto &[monomial, factor] : llvm::reverse(polynomial)) { // constants first
    bool negative = factor < Rational(0, 1);
    Rational size = negative ? -factor : factor;
    if (text.empty())
      text += negative ? "-" : "";
    else
      text += negative ? " - " : " + ";
    std::string names;
    for (const auto &[name, power] : monomial)
      for (unsigned i = 0; i < power; ++i)
        names += (names.empty() ? "" : "*") + name;
    if (names.empty())
      text += dpc::toString(size);
    else if (size == Rational(1, 1))
      text += names;
    else
      text += dpc::toString(size) + "*" + names;
  }
  return text;
}

std::optional<Rational>
Coefficient::evaluate(const Polynomial &polynomial,
                      llvm::function_ref<std::optional<Rational>(StringRef)> lookup) {
  Rational sum(0, 1);
  for (const auto &[monomial, factor] : polynomial) {
    Rational product = factor;
    for (const auto &[name, power] : monomial) {
      std::optional<Rational> value = lookup(name);
      if (!value)
        return std::nullopt;
      for (unsigned i = 0; i < power; ++i)
        product *= *value;
    }
    sum += product;
  }
  return sum;
}

//===------------------------------------------------------------------------------------------===//
// Coefficient
//===------------------------------------------------------------------------------------------===//

Coefficient::Coefficient(const Rational &number) : denominator{{Monomial(), Rational(1, 1)}} {
  if (number != Rational(0, 1))
    numerator[Monomial()] = reduce(number);
}

Coefficient::Coefficient(Polynomial numerator, Polynomial denominator)
    : numerator(std::move(numerator)), denominator(std::move(denominator)) {
  canonicalize();
}

Coefficient Coefficient::symbol(StringRef name) {
  Coefficient result(1);
  result.numerator = {{Monomial{{name.str(), 1}}, Rational(1, 1)}};
  return result;
}

std::optional<Coefficient> Coefficient::parse(StringRef text) { return TextParser(text).run(); }

void Coefficient::canonicalize() {
  const Polynomial one{{Monomial(), Rational(1, 1)}};
  if (numerator.empty()) {
    denominator = one;
    return;
  }
  if (std::optional<Polynomial> quotient = divideExactly(numerator, denominator)) {
    numerator = std::move(*quotient);
    denominator = one;
  } else if (std::optional<Polynomial> quotient = divideExactly(denominator, numerator)) {
    denominator = std::move(*quotient);
    numerator = one;
  }
  // Cancel the largest monomial that divides every term above and below.
  std::map<std::string, unsigned> common = numerator.begin()->first;
  for (const Polynomial *side : {&numerator, &denominator})
    for (const auto &[monomial, factor] : *side)
      for (auto i = common.begin(); i != common.end();) {
        auto found = monomial.find(i->first);
        i->second = found == monomial.end() ? 0 : std::min(i->second, found->second);
        i = i->second == 0 ? common.erase(i) : std::next(i);
      }
  Rational lead = denominator.begin()->second;
  Polynomial divisor{{common, lead}};
  for (Polynomial *side : {&numerator, &denominator})
    *side = *divideExactly(std::move(*side), divisor);
}

Coefficient dpc::operator+(const Coefficient &a, const Coefficient &b) {
  if (a.denominator == b.denominator)
    return {Coefficient::add(a.numerator, b.numerator, Rational(1, 1)), a.denominator};
  return {Coefficient::add(Coefficient::multiply(a.numerator, b.denominator),
                           Coefficient::multiply(b.numerator, a.denominator), Rational(1, 1)),
          Coefficient::multiply(a.denominator, b.denominator)};
}

Coefficient dpc::operator-(const Coefficient &a, const Coefficient &b) {
  return a + Coefficient(-1) * b;
}

Coefficient dpc::operator*(const Coefficient &a, const Coefficient &b) {
  return {Coefficient::multiply(a.numerator, b.numerator),
          Coefficient::multiply(a.denominator, b.denominator)};
}

Coefficient dpc::operator/(const Coefficient &a, const Coefficient &b) {
  assert(!b.isZero() && "division of coefficients by zero");
  return {Coefficient::multiply(a.numerator, b.denominator),
          Coefficient::multiply(a.denominator, b.numerator)};
}

bool dpc::operator==(const Coefficient &a, const Coefficient &b) {
  return Coefficient::multiply(a.numerator, b.denominator) ==
         Coefficient::multiply(b.numerator, a.denominator);
}

std::optional<Rational> Coefficient::number() const {
  return evaluate([](StringRef) -> std::optional<Rational> { return std::nullopt; });
}

std::optional<Rational>
Coefficient::evaluate(llvm::function_ref<std::optional<Rational>(StringRef)> lookup) const {
  std::optional<Rational> above = evaluate(numerator, lookup),
                          below = evaluate(denominator, lookup);
  if (!above || !below || *below == Rational(0, 1))
    return std::nullopt;
  return *above / *below;
}

std::string Coefficient::str() const {
  std::string above = str(numerator);
  if (denominator.size() == 1 && denominator.begin()->first.empty())
    return above; // the leading denominator coefficient is 1
  std::string below = str(denominator);
  if (numerator.size() > 1)
    above = "(" + above + ")";
  bool single = denominator.size() == 1 && below.find_first_of("*/") == std::string::npos;
  return above + "/" + (single ? below : "(" + below + ")");
}
