//===- Arguments.cpp - arguments by position or name, numbers exactly -------------------------===//
#include "lib/Frontend/Arguments.h"

#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace dpc;
using namespace dpc::ast;

void dpc::suggest(DiagnosticEngine::Builder &builder, const std::string &name,
                  llvm::ArrayRef<std::string> known, const std::string &what) {
  if (std::string near = nearestName(name, known); !near.empty())
    builder.help("perhaps `{}`", near);
  else if (!known.empty())
    builder.help("{} {}", what, listOfNames(known, "and"));
}

std::optional<std::vector<const Argument *>>
dpc::bindArguments(const Expr &call, llvm::ArrayRef<Formal> formals, DiagnosticEngine &engine,
                   std::vector<const Argument *> *perLayer,
                   std::vector<const Argument *> *partial) {
  std::vector<const Argument *> bound(formals.size());
  std::vector<std::string> names;
  for (const Formal &formal : formals)
    names.push_back(formal.name);
  bool good = true;
  size_t next = 0;
  for (const Argument &argument : call.arguments) {
    size_t index = next;
    if (argument.name.given()) {
      index = llvm::find(names, argument.name.text) - names.begin();
      if (index == names.size()) {
        auto builder = engine.error(argument.name.spot.place(), message::unknownArgument, call.text,
                                    argument.name.text);
        suggest(builder, argument.name.text, names, "its arguments are");
        good = false;
        continue;
      }
      if (argument.layer.given()) {
        if (perLayer) {
          perLayer->push_back(&argument);
        } else {
          engine.error(argument.layer.spot.place(), message::notPerLayer, argument.name.text,
                       call.text);
          good = false;
        }
        continue;
      }
    } else if (index >= formals.size()) {
      if (good)
        engine.error(argument.spot.place(), message::tooManyArguments, call.text, formals.size());
      good = false;
      continue;
    } else {
      ++next;
    }
    if (bound[index]) {
      engine.error(argument.spot.place(), message::argumentTwice, names[index], call.text);
      good = false;
      continue;
    }
    bound[index] = &argument;
  }
  for (auto [formal, argument] : llvm::zip(formals, bound))
    if (formal.required && !argument && good) {
      engine.error(call.spot.place(), message::missingArgument, call.text, formal.name);
      good = false;
    }
  if (partial)
    *partial = bound;
  if (!good)
    return std::nullopt;
  return bound;
}

std::optional<Rational> dpc::readNumber(const Expr &literal, DiagnosticEngine &engine) {
  std::optional<Rational> number = parseRational(literal.text);
  // Coefficients become doubles in the end.
  if (number) {
    double size = std::abs(toDouble(*number));
    if (*number == Rational(0, 1) || (std::isfinite(size) && size < 1e300 && size > 1e-300))
      return number;
  }
  engine.error(literal.spot.place(), message::numberOutOfRange, literal.text.substr(0, 40));
  return std::nullopt;
}

std::optional<Rational> dpc::evaluateNumber(const Expr &expr, DiagnosticEngine &engine,
                                            const std::string &what,
                                            const llvm::StringMap<Rational> *known) {
  switch (expr.kind) {
  case Expr::Kind::number:
    return readNumber(expr, engine);
  case Expr::Kind::negate: {
    std::optional<Rational> value = evaluateNumber(*expr.operands[0].value, engine, what, known);
    return value ? std::optional(-*value) : std::nullopt;
  }
  case Expr::Kind::sum:
  case Expr::Kind::product: {
    bool isSum = expr.is(Expr::Kind::sum);
    std::optional<Rational> result(isSum ? Rational(0, 1) : Rational(1, 1));
    for (const Operand &operand : expr.operands) {
      std::optional<Rational> value = evaluateNumber(*operand.value, engine, what, known);
      if (!value)
        return std::nullopt;
      if (operand.sign == '/' && *value == Rational(0, 1)) {
        engine.error(operand.spot.place(), message::divisionByZero, toString(*operand.value));
        return std::nullopt;
      }
      result = operand.sign == '+'   ? *result + *value
               : operand.sign == '-' ? *result - *value
               : operand.sign == '*' ? *result * *value
                                     : *result / *value;
      if (isTooLong(*result)) {
        engine.error(expr.spot.place(), message::numberOutOfRange, toString(expr).substr(0, 40));
        return std::nullopt;
      }
    }
    return result;
  }
  case Expr::Kind::name:
    if (known)
      if (auto found = known->find(expr.text); found != known->end())
        return found->second;
    break;
  case Expr::Kind::error:
    return std::nullopt;
  default:
    break;
  }
  engine.error(expr.spot.place(), message::wrongKind, what, "`" + toString(expr) + "`");
  return std::nullopt;
}

std::optional<int64_t> dpc::asInteger(const Rational &number) {
  Rational reduced = reduce(number);
  if (reduced.den != llvm::DynamicAPInt(1) ||
      reduced.num > llvm::DynamicAPInt(std::numeric_limits<int64_t>::max()) ||
      reduced.num < llvm::DynamicAPInt(std::numeric_limits<int64_t>::min()))
    return std::nullopt;
  return static_cast<int64_t>(reduced.num);
}

bool dpc::isTooLong(const Rational &number) {
  static const llvm::DynamicAPInt most =
      parseRational("1e400")->num * parseRational("1e400")->num * parseRational("1e400")->num;
  return number.num > most || number.num < -most || number.den > most;
}

std::string dpc::toText(const Rational &number) {
  if (std::optional<int64_t> integer = asInteger(number))
    return fmt::format("{}", *integer);
  std::string decimal = fmt::format("{:.6g}", toDouble(number));
  std::optional<Rational> exact = parseRational(decimal);
  if (exact && *exact == number)
    return decimal;
  std::string fraction = toString(number);
  return fraction.size() <= 40 ? fraction : decimal;
}
