//===- Dump.cpp - the syntax tree as text -----------------------------------------------------===//
#include "lib/Frontend/AST.h"

#include <fmt/format.h>

using namespace dpc;
using namespace dpc::ast;

std::string ast::toString(const Expr &expr) {
  auto operandText = [](const Expr &operand, bool tight) {
    bool wrap = operand.is(Expr::Kind::sum) || (tight && operand.is(Expr::Kind::product));
    return wrap ? "(" + toString(operand) + ")" : toString(operand);
  };
  std::string text;
  switch (expr.kind) {
  case Expr::Kind::error:
    return "<error>";
  case Expr::Kind::number:
  case Expr::Kind::name:
    return expr.text;
  case Expr::Kind::string:
    return "\"" + expr.text + "\"";
  case Expr::Kind::negate:
    return "-" + operandText(*expr.operands[0].value, true);
  case Expr::Kind::sum:
  case Expr::Kind::product:
    for (const Operand &operand : expr.operands) {
      if (&operand != &expr.operands.front())
        text += expr.is(Expr::Kind::sum) ? fmt::format(" {} ", operand.sign)
                                         : std::string(1, operand.sign);
      bool inner = &operand != &expr.operands.front() || expr.is(Expr::Kind::product);
      text += operandText(*operand.value, inner && expr.is(Expr::Kind::product));
    }
    return text;
  case Expr::Kind::call:
    for (const Argument &argument : expr.arguments) {
      text += text.empty() ? "" : ", ";
      if (argument.name.given()) {
        text += argument.name.text;
        if (argument.layer.given())
          text += "[" + argument.layer.text + "]";
        text += " = ";
      }
      text += toString(*argument.value);
    }
    return expr.text + "(" + text + ")";
  case Expr::Kind::sumOver:
    return "sum over " + expr.text + " (" + toString(*expr.operands[0].value) + ")";
  }
  return text;
}

namespace {

class Dumper {
public:
  std::string run(const File &file) {
    for (const Network &network : file.networks) {
      line("network " + network.name.text + " (" + network.input.text + ": " + type(network.type) +
               ")" + (network.result ? " -> " + type(*network.result) : ""),
           network.spot);
      body(network.body);
    }
    for (const Block &block : file.blocks) {
      line("block " + block.name.text + " (" + names(block.parameters) + ")", block.spot);
      body(block.body);
    }
    for (const Objective &objective : file.objectives)
      dump(objective);
    for (const Train &train : file.trains) {
      line("train", train.spot);
      ++depth;
      for (const Setting &setting : train.settings) {
        std::string values;
        for (const ExprPtr &value : setting.values)
          values += (values.empty() ? " " : ", ") + toString(*value);
        line("setting " + setting.name.text + values, setting.name.spot);
      }
      --depth;
    }
    return out;
  }

private:
  void line(const std::string &text, Spot spot) {
    Place place = spot.place();
    out += fmt::format("{:{}}{} @{}:{}\n", "", 2 * depth, text, place.line, place.column);
  }

  static std::string names(const std::vector<Name> &names) {
    std::string text;
    for (const Name &name : names)
      text += (text.empty() ? "" : ", ") + name.text;
    return text;
  }

  static std::string type(const Type &type) {
    std::string text;
    for (int64_t size : type.shape)
      text += (text.empty() ? "" : ", ") + std::to_string(size);
    return "f32[" + text + "]";
  }

  void body(const Body &body) {
    ++depth;
    for (const Statement &statement : body.statements)
      line("value " + statement.name.text + " = " + toString(*statement.value),
           statement.name.spot);
    if (body.result)
      line("return " + toString(*body.result), body.returnSpot);
    --depth;
  }

  void dump(const Objective &objective) {
    line("objective " + objective.name.text, objective.spot);
    ++depth;
    for (const Parameter &parameter : objective.parameters) {
      std::string text = "parameter " + parameter.name.text;
      if (parameter.low)
        text += std::string(" in ") + (parameter.low->closed ? "[" : "(") + parameter.low->text +
                ", " + parameter.high->text + (parameter.high->closed ? "]" : ")");
      if (parameter.value)
        text += " = " + toString(*parameter.value);
      line(text, parameter.name.spot);
    }
    for (const Clause &clause : objective.clauses)
      dump(clause);
    --depth;
  }

  void dump(const Clause &clause) {
    static constexpr const char *words[] = {"state",      "multiplier", "minimize",  "maximize",
                                            "stationary", "define",     "potential", "settle",
                                            "phase",      "realize",    "alternate", "feedback"};
    std::string text = words[static_cast<int>(clause.kind)];
    switch (clause.kind) {
    case Clause::Kind::define:
      text += " " + clause.name.text + (clause.isMacro ? "(" + names(clause.names) + ")" : "") +
              (clause.place.given() ? " at " + clause.place.text : "") + " =";
      break;
    case Clause::Kind::settle:
      text += " " + clause.name.text + " minimizing";
      break;
    case Clause::Kind::phase:
      text += " " + names(clause.names) + (clause.name.given() ? " from " + clause.name.text : "");
      break;
    case Clause::Kind::realize:
      text += " " + clause.name.text;
      break;
    case Clause::Kind::feedback:
      text += " separate";
      break;
    default:
      text += clause.names.empty() ? "" : " " + names(clause.names);
    }
    if (clause.value)
      text += " " + toString(*clause.value);
    line(text, clause.spot);
  }

  std::string out;
  unsigned depth = 0;
};

} // namespace

std::string ast::dump(const File &file) { return Dumper().run(file); }
