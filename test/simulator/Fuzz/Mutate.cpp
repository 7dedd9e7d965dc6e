//===- Mutate.cpp - damaged and made-up PTX ---------------------------------------------------===//
#include "Mutate.h"

#include "simulator/Machine/Random.h"

#include <cctype>
#include <iterator>

uint64_t Random::operator()() { return sim::nextRandom(state); }

namespace {

using Tokens = std::vector<std::string>;

bool isWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '%' ||
         c == '.';
}

/// Words, single other characters and stretches of blanks.
Tokens split(const std::string &text) {
  Tokens tokens;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    auto same = [&](auto kind) {
      while (end < text.size() && kind(text[end]))
        ++end;
    };
    if (isWord(text[at]))
      same(isWord);
    else if (std::isspace(static_cast<unsigned char>(text[at])))
      same([](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; });
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

std::string join(const Tokens &tokens) {
  std::string text;
  for (const std::string &token : tokens)
    text += token;
  return text;
}

enum class Kind { Blank, Register, Number, Directive, Opcode, Name, Other };

Kind kindOf(const std::string &token) {
  auto first = static_cast<unsigned char>(token[0]);
  if (std::isspace(first))
    return Kind::Blank;
  if (first == '%')
    return Kind::Register;
  if (std::isdigit(first))
    return Kind::Number;
  if (first == '.')
    return Kind::Directive;
  if (!isWord(token[0]))
    return Kind::Other;
  return token.find('.') != token.npos ? Kind::Opcode : Kind::Name;
}

const char *const numbers[] = {"0",
                               "1",
                               "-1",
                               "2",
                               "3",
                               "7",
                               "8",
                               "16",
                               "31",
                               "32",
                               "33",
                               "63",
                               "64",
                               "127",
                               "255",
                               "256",
                               "1024",
                               "4096",
                               "65535",
                               "65536",
                               "0x7fffffff",
                               "0x80000000",
                               "0xffffffff",
                               "4294967296",
                               "1000000000",
                               "0x7fffffffffffffff",
                               "0xffffffffffffffff",
                               "0x8000000000000000",
                               "0f7fc00000",
                               "0f00000001",
                               "0d7ff0000000000000",
                               "1e999",
                               "0.5",
                               "99999999999999999999"};

const char *const pieces[] = {"{",
                              "}",
                              "(",
                              ")",
                              "[",
                              "]",
                              "<4000000000>",
                              "<100000>",
                              ";",
                              ",",
                              ".reg .b32 %q<99999>;",
                              ".align 1048576",
                              "[1000000][100000]",
                              "0x",
                              "\"",
                              "/*",
                              "*/",
                              "//",
                              "@%p1 ",
                              "@!%p1 ",
                              "_",
                              ".v4",
                              ".u64",
                              "%r1",
                              "%rd1",
                              "-",
                              "~",
                              "1/0",
                              "*",
                              "<<",
                              "?",
                              ":",
                              "%tid.x",
                              "WARP_SZ",
                              ".param",
                              ".branchtargets",
                              "::",
                              "generic(",
                              "={{{{{",
                              "|",
                              "%p1|%p2",
                              "call ",
                              "bra ",
                              "ret;",
                              "exit;",
                              "trap;",
                              "bar.sync 0;",
                              "brx.idx ",
                              ".volatile",
                              ".shared",
                              ".local",
                              ".const",
                              ".extern ",
                              "\n.visible .entry k() {",
                              ".func ",
                              ".maxntid 1, 1, 1 ",
                              ".reqntid 33, 7, 3 ",
                              "\x01",
                              "\xff",
                              "+4096",
                              "+-4"};

const std::string &anyOf(const std::vector<std::string> &list, Random &random) {
  return list[random.below(list.size())];
}

/// A token of a kind, near a random place; the end if there is none.
size_t find(const Tokens &tokens, Kind kind, Random &random) {
  if (tokens.empty())
    return 0;
  size_t begin = random.below(tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i)
    if (size_t at = (begin + i) % tokens.size(); kindOf(tokens[at]) == kind)
      return at;
  return tokens.size();
}

/// A token of `tokens` becomes another one of its kind, from `donor`.
void replace(Tokens &tokens, const Tokens &donor, Kind kind, Random &random) {
  size_t to = find(tokens, kind, random), from = find(donor, kind, random);
  if (to < tokens.size() && from < donor.size())
    tokens[to] = donor[from];
}

/// [begin, end) of the statement around a random token.
std::pair<size_t, size_t> statement(const Tokens &tokens, Random &random) {
  size_t at = random.below(tokens.size()), begin = at, end = at;
  auto ends = [&](size_t i) { return tokens[i] == ";" || tokens[i] == "{" || tokens[i] == "}"; };
  while (begin > 0 && !ends(begin - 1))
    --begin;
  while (end < tokens.size() && !ends(end))
    ++end;
  return {begin, end < tokens.size() ? end + 1 : end};
}

Tokens copyOf(const Tokens &tokens, std::pair<size_t, size_t> range) {
  return {tokens.begin() + static_cast<ptrdiff_t>(range.first),
          tokens.begin() + static_cast<ptrdiff_t>(range.second)};
}

void erase(Tokens &tokens, std::pair<size_t, size_t> range) {
  tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(range.first),
               tokens.begin() + static_cast<ptrdiff_t>(range.second));
}

void insert(Tokens &tokens, size_t at, const Tokens &what) {
  tokens.insert(tokens.begin() + static_cast<ptrdiff_t>(at), what.begin(), what.end());
}

void mutateTokens(Tokens &tokens, const Tokens &donor, Random &random) {
  if (tokens.empty() || donor.empty())
    return;
  size_t at = random.below(tokens.size());
  switch (random.below(12)) {
  case 0: // swap of two tokens
    std::swap(tokens[at], tokens[random.below(tokens.size())]);
    break;
  case 1: // operand
  case 2:
    replace(tokens, random.oneIn(4) ? donor : tokens, Kind::Register, random);
    break;
  case 3: // opcode, modifiers
  case 4:
    replace(tokens, donor, Kind::Opcode, random);
    break;
  case 5: // immediate
  case 6:
    if (size_t number = find(tokens, Kind::Number, random); number < tokens.size())
      tokens[number] = numbers[random.below(std::size(numbers))];
    break;
  case 7:
    replace(tokens, donor, random.oneIn(2) ? Kind::Directive : Kind::Name, random);
    break;
  case 8: // deletion
    if (random.oneIn(3))
      tokens.erase(tokens.begin() + static_cast<ptrdiff_t>(at));
    else
      erase(tokens, statement(tokens, random));
    break;
  case 9: // duplication, here or there
    insert(tokens, random.oneIn(2) ? at : statement(tokens, random).first,
           copyOf(tokens, statement(tokens, random)));
    break;
  case 10: // a statement from elsewhere
    insert(tokens, statement(tokens, random).first, copyOf(donor, statement(donor, random)));
    break;
  default:
    tokens.insert(tokens.begin() + static_cast<ptrdiff_t>(at),
                  pieces[random.below(std::size(pieces))]);
  }
}

void mutateBytes(std::string &text, Random &random) {
  if (text.empty())
    return;
  size_t at = random.below(text.size());
  switch (random.below(4)) {
  case 0:
    text.resize(at);
    break;
  case 1:
    text[at] = static_cast<char>(random());
    break;
  case 2:
    text.erase(at, random.below(30));
    break;
  default:
    text[at] = static_cast<char>(text[at] ^ 1 << random.below(8));
  }
}

std::string randomText(const std::vector<std::string> &corpus, Random &random) {
  std::string text;
  if (random.oneIn(2)) {
    text.resize(random.below(400));
    for (char &c : text)
      c = static_cast<char>(random());
    return text;
  }
  text = ".version 7.0\n.target sm_80\n.address_size 64\n";
  Tokens donor = split(anyOf(corpus, random));
  for (uint64_t i = random.below(300); i > 0; --i)
    text += random.oneIn(3)   ? pieces[random.below(std::size(pieces))]
            : random.oneIn(6) ? numbers[random.below(std::size(numbers))]
                              : donor[random.below(donor.size())];
  return text;
}

} // namespace

std::string mutant(const std::vector<std::string> &corpus, Random &random) {
  if (random.oneIn(10))
    return randomText(corpus, random);
  Tokens tokens = split(anyOf(corpus, random));
  Tokens donor = split(anyOf(corpus, random));
  for (uint64_t i = random.oneIn(2) ? 1 : random.below(4) + 1; i > 0; --i)
    mutateTokens(tokens, donor, random);
  std::string text = join(tokens);
  if (random.oneIn(6))
    mutateBytes(text, random);
  return text;
}
