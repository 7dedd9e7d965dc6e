//===- Parser.h - the parser's own state --------------------------------------------*- C++ -*-===//
//
// Recursive descent over the tokens of Lexer.h, one file per concern: Parser.cpp tokens and the
// end of a module, Directives.cpp, Variables.cpp, Initializers.cpp, Expressions.cpp, Functions.cpp,
// Body.cpp, Operands.cpp, Calls.cpp. Every method that can meet an error returns false after
// having noted it; the first one noted is the one reported.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_PARSE_PARSER_H
#define DPC_SIMULATOR_PARSE_PARSER_H

#include "simulator/Parse/Forms.h"
#include "simulator/Parse/Lexer.h"

#include <unordered_map>

namespace ptx {

/// Bounds on what a module may ask for, so that no text exhausts the host's memory.
namespace limits {
constexpr uint64_t registers = 1 << 20;          ///< of a module
constexpr uint64_t variableBytes = 1ull << 32;   ///< .global
constexpr uint64_t constantBytes = 64 << 10;     ///< all .const together (PTX ISA 5.1.3)
constexpr uint64_t localBytes = 512 << 10;       ///< .local of a thread
constexpr uint64_t sharedBytes = 228 << 10;      ///< one .shared variable
constexpr uint64_t kernelParameterBytes = 32764; ///< PTX ISA 5.1.6.1
constexpr uint64_t parameterBytes = 1 << 20;     ///< of a .func, and of one .param in a body
constexpr unsigned nesting = 200;                ///< of blocks, and of parentheses
constexpr unsigned modifiers = 24;
constexpr unsigned dimensions = 8;
} // namespace limits

/// What a name of a function body stands for.
struct LocalName {
  enum class Kind : uint8_t { Register, Vector, Variable, Parameter, CallSlot };
  Kind kind;
  uint32_t index; ///< of a Vector: its first register
  uint32_t count = 1;
};

/// `{ ... }` in a function body.
struct BlockScope {
  struct Range { ///< `.reg .b32 %r<count>`
    RegisterId first;
    uint32_t count;
  };
  std::unordered_map<std::string_view, LocalName> names;
  std::unordered_map<std::string_view, Range> ranges;
  std::unordered_map<std::string_view, LabelId> labels;
};

/// A constant (PTX ISA 4.5): int64_t, uint64_t, double, or with `isSingle` the bits of a float.
struct Constant {
  bool isFloat = false;
  bool isSingle = false;
  bool isUnsigned = false;
  uint64_t bits = 0;
};

class Parser {
public:
  Parser(std::string_view text, std::string_view name);
  ParseResult run();

private:
  // Parser.cpp
  void advance();
  const Token &peek();
  [[nodiscard]] bool fail(const Token &where, std::string message);
  [[nodiscard]] bool failExpected(std::string_view what);
  bool accept(std::string_view punctuator);
  bool acceptWord(std::string_view word);
  [[nodiscard]] bool expect(std::string_view punctuator);
  [[nodiscard]] bool identifier(Token &result, std::string_view what);
  [[nodiscard]] bool unsignedInteger(uint64_t &value, uint64_t most, std::string_view what);
  bool moduleItems();
  bool finish();
  bool resolveAliases();
  bool checkDeclared();

  // Directives.cpp
  bool header();
  bool targetDirective();
  bool fileDirective();
  bool locDirective();
  bool sectionDirective();
  bool sectionValue();
  bool pragmaDirective();
  bool aliasDirective();
  bool skipAttribute();

  // Variables.cpp
  struct Declarator {
    Type type = Type::None;
    unsigned vector = 1;
    uint32_t alignment = 0; ///< 0 = natural
    Token name;
    std::vector<uint64_t> dimensions; ///< 0 = `[]`
    uint64_t bytes = 0;               ///< 0 with an open dimension
  };
  bool alignment(uint32_t &result);
  bool typeDirective(Type &type);
  bool declaratorPrefix(Declarator &result);
  bool dimensions(Declarator &result);
  bool variables(Space space, bool isExternal, Function *function);
  bool addVariable(Space space, bool isExternal, Function *function, Declarator declarator);
  bool redeclareVariable(VariableId index, const Variable &variable, const Token &where);
  bool checkSize(const Variable &variable, const Token &where);
  bool registers();
  bool declareRegister(const Token &name, Type type, unsigned vector);
  bool declareRange(const Token &name, Type type, uint64_t count);
  bool callSlot();
  bool parameter(Parameter &result, Token &name, bool isPrototype);

  // Initializers.cpp
  bool initializer(Variable &variable, Declarator &declarator);
  bool initializerList(Variable &variable, const Declarator &declarator, size_t dimension,
                       uint64_t element, uint64_t &past, unsigned depth);
  bool initializerValue(Variable &variable, const Declarator &declarator, uint64_t element);
  bool symbolValue(Variable &variable, Type type, uint64_t at);
  bool constantValue(Variable &variable, Type type, uint64_t at, const Constant &constant,
                     const Token &where);

  // Expressions.cpp
  bool expression(Constant &result, unsigned depth = 0);
  bool binary(Constant &result, unsigned precedence, unsigned depth);
  bool unary(Constant &result, unsigned depth);
  bool primary(Constant &result, unsigned depth);
  bool apply(const Token &op, const Constant &right, Constant &result);
  bool startsExpression();

  // Functions.cpp
  bool entryOrFunction(bool isKernel);
  bool parameterList(std::vector<Parameter> &list, std::vector<Token> &names, bool isKernel,
                     bool isPrototype);
  bool functionDirectives(Function &function);
  bool threads(uint32_t (&result)[3]);
  bool functionName(bool isKernel, const Token &name, FunctionId &index);
  bool sameSignature(const Function &a, const Function &b) const;
  bool bindParameters(std::vector<Parameter> &list, const std::vector<Token> &names, uint32_t base);

  // Body.cpp
  bool body();
  bool statement();
  bool bodyDirective();
  bool label();
  bool branchTargets(LabelId table);
  bool callTargets(const Token &name);
  bool callPrototype(const Token &name);
  bool instruction();
  bool mnemonic(const Mnemonic *&result, Token &start, std::vector<Token> &modifiers);
  bool checkVersion(const Form &form, const Token &where, const Mnemonic &mnemonic);
  LabelId labelId(std::string_view name);
  bool closeScope(const Token &brace);
  bool finishBody();

  // Operands.cpp
  bool operand(Operand &result, const Mnemonic &mnemonic, size_t index);
  bool address(Operand &result);
  bool vectorOperand(Operand &result, const Mnemonic &mnemonic);
  bool named(Operand &result, Opcode opcode);
  bool localName(const Token &name, Operand &result, bool &found);
  bool component(const Token &name, const LocalName &vector, Operand &result);
  bool specialRegister(const Token &name, Operand &result);
  bool offset(Operand &base);
  bool constant(Operand &result);
  FunctionId functionUse(const Token &name);

  // Calls.cpp
  struct Prototype {
    std::vector<Parameter> results, parameters;
  };
  struct CallSite {
    FunctionId caller, callee;
    uint32_t instruction;
    Token where;
  };
  bool call(std::vector<Operand> &operands);
  bool callList(Operand &list, bool isResult);
  bool checkCall(const CallSite &site);
  bool checkArguments(const Function &caller, const Operand &list,
                      const std::vector<Parameter> &parameters, std::string_view what,
                      std::string_view callee, const Token &where);

  Lexer lexer;
  Token token;
  Token ahead;
  bool hasAhead = false;
  bool failed = false;
  ParseError error;

  Module module;
  std::unordered_map<std::string_view, VariableId> variableNames;
  std::unordered_map<std::string_view, FunctionId> functionNames;
  /// Functions named before they are declared, and where.
  std::unordered_map<FunctionId, Token> undeclared;
  struct Alias {
    FunctionId alias, target;
    Token where;
  };
  std::vector<Alias> aliases;
  std::vector<CallSite> callSites;
  std::unordered_map<std::string_view, Mnemonic> mnemonics; ///< by their text
  uint64_t registerCount = 0;
  uint64_t constantTotal = 0;

  // Of the function being parsed.
  FunctionId current = 0;
  std::vector<BlockScope> scopes;
  Line place;
  struct LabelState {
    bool isDefined = false;
    bool isTable = false;
    LabelId same; ///< the label of an outer block that this one turned out to be
    Token use;
  };
  std::vector<LabelState> labelStates;
  std::unordered_map<std::string_view, Prototype> prototypes;
  std::unordered_map<std::string_view, Token> targetLists;
  uint64_t callSlotTotal = 0;
  uint64_t localTotal = 0;
};

/// Multiplies without wrapping; false beyond `most`.
bool multiply(uint64_t &value, uint64_t factor, uint64_t most);
/// The next multiple of `alignment`, a power of two.
uint64_t alignUp(uint64_t value, uint64_t alignment);

} // namespace ptx
#endif
