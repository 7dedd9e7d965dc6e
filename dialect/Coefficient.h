//===- Coefficient.h - exact rational functions of named parameters -----------------*- C++ -*-===//
//
// Every decision of the compiler (zero? one? equal? sign?) is made on exact numbers; floating point
// appears when code is emitted (derivation.md 2).
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "mlir/Analysis/Presburger/Fraction.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"

#include <map>
#include <optional>
#include <string>

namespace dpc {

/// An exact rational number of unlimited size.
using Rational = mlir::presburger::Fraction;

/// The number that an exact decimal (`0.3`, `1e-3`) or a fraction of integers (`-1/10`) spells.
std::optional<Rational> parseRational(llvm::StringRef text);
/// `3`, `-1/10`.
std::string toString(const Rational &number);
/// The nearest double (to one unit in the last place).
double toDouble(const Rational &number);

/// A quotient of polynomials in named parameters (`alpha`, `alpha[h1]`) over the rationals, in a
/// canonical form that makes equal sums and products print alike: common monomials cancelled,
/// exact division tried both ways, leading denominator coefficient 1.
class Coefficient {
public:
  Coefficient() : Coefficient(Rational(0, 1)) {}
  explicit Coefficient(const Rational &number);
  explicit Coefficient(int64_t number) : Coefficient(Rational(number, 1)) {}
  static Coefficient symbol(llvm::StringRef name);

  /// Reads what str() prints, and any arithmetic over numbers and parameters.
  static std::optional<Coefficient> parse(llvm::StringRef text);
  static bool isText(llvm::StringRef text) { return parse(text).has_value(); }

  friend Coefficient operator+(const Coefficient &a, const Coefficient &b);
  friend Coefficient operator-(const Coefficient &a, const Coefficient &b);
  friend Coefficient operator*(const Coefficient &a, const Coefficient &b);
  /// `b` must not be zero.
  friend Coefficient operator/(const Coefficient &a, const Coefficient &b);
  Coefficient operator-() const { return Coefficient() - *this; }
  friend bool operator==(const Coefficient &a, const Coefficient &b);

  bool isZero() const { return numerator.empty(); }
  bool isOne() const { return *this == Coefficient(1); }

  /// Its number, if it mentions no parameter.
  std::optional<Rational> number() const;
  /// Its number when every parameter has the value that `lookup` gives; nothing if a parameter has
  /// none or a denominator vanishes.
  std::optional<Rational>
  evaluate(llvm::function_ref<std::optional<Rational>(llvm::StringRef)> lookup) const;

  /// Canonical text: `-1/10`, `(1 - alpha)/beta`.
  std::string str() const;

private:
  /// Parameter name -> power (> 0).
  using Monomial = std::map<std::string, unsigned>;
  /// Leading monomial (the highest power of the first parameter) first.
  struct Leading {
    bool operator()(const Monomial &a, const Monomial &b) const;
  };
  using Polynomial = std::map<Monomial, Rational, Leading>;

  Coefficient(Polynomial numerator, Polynomial denominator);
  void canonicalize();

  static Polynomial add(const Polynomial &a, const Polynomial &b, const Rational &scale);
  static Polynomial multiply(const Polynomial &a, const Polynomial &b);
  static std::optional<Polynomial> divideExactly(Polynomial a, const Polynomial &b);
  static std::string str(const Polynomial &polynomial);
  static std::optional<Rational>
  evaluate(const Polynomial &polynomial,
           llvm::function_ref<std::optional<Rational>(llvm::StringRef)> lookup);

  Polynomial numerator;   // no zero terms; empty is 0
  Polynomial denominator; // never empty
};

} // namespace dpc
