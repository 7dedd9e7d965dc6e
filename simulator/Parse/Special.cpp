//===- Special.cpp - special registers (PTX ISA 10) -------------------------------------------===//

#include "simulator/Parse/Forms.h"

#include <algorithm>
#include <iterator>

namespace ptx {

namespace {
struct SpecialEntry {
  Special special;
  std::string_view name;
  Type type;
};
constexpr SpecialEntry specials[] = {
    {Special::TidX, "%tid.x", Type::U32},
    {Special::TidY, "%tid.y", Type::U32},
    {Special::TidZ, "%tid.z", Type::U32},
    {Special::NtidX, "%ntid.x", Type::U32},
    {Special::NtidY, "%ntid.y", Type::U32},
    {Special::NtidZ, "%ntid.z", Type::U32},
    {Special::CtaidX, "%ctaid.x", Type::U32},
    {Special::CtaidY, "%ctaid.y", Type::U32},
    {Special::CtaidZ, "%ctaid.z", Type::U32},
    {Special::NctaidX, "%nctaid.x", Type::U32},
    {Special::NctaidY, "%nctaid.y", Type::U32},
    {Special::NctaidZ, "%nctaid.z", Type::U32},
    {Special::LaneId, "%laneid", Type::U32},
    {Special::WarpId, "%warpid", Type::U32},
    {Special::NwarpId, "%nwarpid", Type::U32},
    {Special::SmId, "%smid", Type::U32},
    {Special::NsmId, "%nsmid", Type::U32},
    {Special::GridId, "%gridid", Type::U64},
    {Special::LanemaskEq, "%lanemask_eq", Type::U32},
    {Special::LanemaskLe, "%lanemask_le", Type::U32},
    {Special::LanemaskLt, "%lanemask_lt", Type::U32},
    {Special::LanemaskGe, "%lanemask_ge", Type::U32},
    {Special::LanemaskGt, "%lanemask_gt", Type::U32},
    {Special::Clock, "%clock", Type::U32},
    {Special::ClockHi, "%clock_hi", Type::U32},
    {Special::Clock64, "%clock64", Type::U64},
    {Special::GlobalTimer, "%globaltimer", Type::U64},
    {Special::GlobalTimerLo, "%globaltimer_lo", Type::U32},
    {Special::GlobalTimerHi, "%globaltimer_hi", Type::U32},
    {Special::DynamicSmemSize, "%dynamic_smem_size", Type::U32},
    {Special::TotalSmemSize, "%total_smem_size", Type::U32},
    {Special::ReservedSmem, "%reserved_smem_offset_begin", Type::B32},
    {Special::ClusterIdX, "%clusterid.x", Type::U32},
    {Special::ClusterIdY, "%clusterid.y", Type::U32},
    {Special::ClusterIdZ, "%clusterid.z", Type::U32},
    {Special::NclusterIdX, "%nclusterid.x", Type::U32},
    {Special::NclusterIdY, "%nclusterid.y", Type::U32},
    {Special::NclusterIdZ, "%nclusterid.z", Type::U32},
    {Special::ClusterCtaidX, "%cluster_ctaid.x", Type::U32},
    {Special::ClusterCtaidY, "%cluster_ctaid.y", Type::U32},
    {Special::ClusterCtaidZ, "%cluster_ctaid.z", Type::U32},
    {Special::ClusterNctaidX, "%cluster_nctaid.x", Type::U32},
    {Special::ClusterNctaidY, "%cluster_nctaid.y", Type::U32},
    {Special::ClusterNctaidZ, "%cluster_nctaid.z", Type::U32},
    {Special::ClusterCtarank, "%cluster_ctarank", Type::U32},
    {Special::ClusterNctarank, "%cluster_nctarank", Type::U32},
    {Special::IsExplicitCluster, "%is_explicit_cluster", Type::Pred},
    {Special::TidW, "%tid.w", Type::U32},
    {Special::NtidW, "%ntid.w", Type::U32},
    {Special::CtaidW, "%ctaid.w", Type::U32},
    {Special::NctaidW, "%nctaid.w", Type::U32},
    {Special::EnvReg, "%envreg", Type::B32},
    {Special::Pm, "%pm", Type::U32},
    {Special::Pm64, "%pm_64", Type::U64},
};
} // namespace

Type typeOf(Special special) { return specials[static_cast<size_t>(special)].type; }
std::string_view name(Special special) { return specials[static_cast<size_t>(special)].name; }

bool wasNarrower(Special special) {
  return special <= Special::NctaidZ || special == Special::GridId ||
         (special >= Special::TidW && special <= Special::NctaidW);
}

bool findSpecial(std::string_view text, Special &special) {
  const auto *found = std::find_if(std::begin(specials), std::end(specials),
                                   [&](const SpecialEntry &entry) { return entry.name == text; });
  // Of the last ones there are only numbered ones (Parser::specialRegister).
  if (found == std::end(specials) || found->special >= Special::EnvReg)
    return false;
  special = found->special;
  return true;
}

} // namespace ptx
