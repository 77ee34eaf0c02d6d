// Writes the files of test_columns.py beside this one, by ROOT itself: root -b -q make.C
//
// Entry k has k % 5 objects; number j of it is (7 k + 3 j) % 100 in every column of integers, a
// quarter more in those of floats, and whether that is odd in those of bool.
#include <ROOT/RField.hxx>
#include <ROOT/RNTupleModel.hxx>
#include <ROOT/RNTupleWriteOptions.hxx>
#include <ROOT/RNTupleWriter.hxx>
#include <ROOT/RVec.hxx>
#include <TFile.h>
#include <TFileMerger.h>
#include <TTree.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

const int N = 60, MOST = 5;

int n_of(int k) { return k % MOST; }

template <class T> T value(int k, int j = 0) {
  const int number = (7 * k + 3 * j) % 100;
  if constexpr (std::is_same_v<T, bool>) return number % 2;
  return std::is_floating_point_v<T> ? T(number + 0.25) : T(number);
}

template <class T> void fill(std::vector<T> &list, int k) {
  list.clear();
  for (int j = 0; j < n_of(k); j++) list.push_back(value<T>(k, j));
}

#define TYPES                                                                                      \
  X(Char_t, B) X(UChar_t, b) X(Short_t, S) X(UShort_t, s) X(Int_t, I) X(UInt_t, i)                 \
  X(Long64_t, L) X(ULong64_t, l) X(Float_t, F) X(Double_t, D) X(Bool_t, O) X(Long_t, G)            \
  X(ULong_t, g)

struct Tree {
  UInt_t run = 1, lumi = 1, nU = 0;
  ULong64_t event = 0;
  Float_t genWeight = 1, U_x[MOST], fixed[3];
  Int_t nA = 0;
#define X(type, c) type s_##c, A_##c[MOST];
  TYPES
#undef X
  Double32_t s_d = 0, s_dr = 0, A_d[MOST], A_dr[MOST];
  Float16_t s_f = 0, A_f[MOST];
  std::vector<float> V_F;
  std::vector<int> V_I;
  std::vector<bool> V_O;
  ROOT::RVecF R_F;

  void branches(TTree &tree) {
    tree.Branch("run", &run, "run/i");
    tree.Branch("luminosityBlock", &lumi, "luminosityBlock/i");
    tree.Branch("event", &event, "event/l");
    tree.Branch("genWeight", &genWeight, "genWeight/F");
    tree.Branch("nA", &nA, "nA/I");
    tree.Branch("nU", &nU, "nU/i");
#define X(type, c)                                                                                 \
  tree.Branch("s_" #c, &s_##c, "s_" #c "/" #c);                                                    \
  tree.Branch("A_" #c, A_##c, "A_" #c "[nA]/" #c);
    TYPES
#undef X
    tree.Branch("U_x", U_x, "U_x[nU]/F");
    tree.Branch("fixed", fixed, "fixed[3]/F");
    tree.Branch("s_d", &s_d, "s_d/d");
    tree.Branch("s_dr", &s_dr, "s_dr/d[0,128,20]");
    tree.Branch("s_f", &s_f, "s_f/f[0,128,20]");
    tree.Branch("A_d", A_d, "A_d[nA]/d");
    tree.Branch("A_dr", A_dr, "A_dr[nA]/d[0,128,20]");
    tree.Branch("A_f", A_f, "A_f[nA]/f[0,128,20]");
    tree.Branch("V_F", &V_F);
    tree.Branch("V_I", &V_I);
    tree.Branch("V_O", &V_O);
    tree.Branch("R_F", &R_F);
  }

  void set(int k) {
    event = k, lumi = 1 + k / 25, nA = n_of(k), nU = n_of(k);
#define X(type, c)                                                                                 \
  s_##c = value<type>(k);                                                                          \
  for (int j = 0; j < nA; j++) A_##c[j] = value<type>(k, j);
    TYPES
#undef X
    s_d = s_dr = s_f = value<double>(k);
    for (int j = 0; j < nA; j++) U_x[j] = A_d[j] = A_dr[j] = A_f[j] = value<double>(k, j);
    for (int j = 0; j < 3; j++) fixed[j] = value<double>(k, j);
    fill(V_F, k), fill(V_I, k), fill(V_O, k);
    R_F = ROOT::RVecF(V_F);
  }
};

struct Layout {
  int compression = 505, basket = 32000, flush = 0, save = 0;
};

void write_tree(const std::string &name, Layout how = {}, int first = 0, int end = N) {
  TFile file(name.c_str(), "RECREATE", "", how.compression);
  TTree tree("Events", "Events");
  Tree row;
  row.branches(tree);
  tree.SetBasketSize("*", how.basket);
  if (how.flush) tree.SetAutoFlush(how.flush);
  if (how.save) tree.SetAutoSave(how.save);
  for (int k = first; k < end; k++) row.set(k), tree.Fill();
  tree.Write();
}

void write_merged(const std::string &name) {
  write_tree("part0.root", {}, 0, 25), write_tree("part1.root", {207}, 25, 26);
  write_tree("part2.root", {404}, 26, N);
  TFileMerger merger(false);
  merger.SetFastMethod(true);
  merger.OutputFile(name.c_str(), "RECREATE");
  for (auto part : {"part0.root", "part1.root", "part2.root"}) merger.AddFile(part);
  merger.Merge();
  for (auto part : {"part0.root", "part1.root", "part2.root"}) gSystem->Unlink(part);
}

struct Pages {
  int compression = 505, page = 0, cluster = 0, late = 0;
  bool checksums = true;
};

void write_rntuple(const std::string &name, Pages how = {}) {
  auto model = ROOT::RNTupleModel::Create();
  auto run = model->MakeField<std::uint32_t>("run");
  auto lumi = model->MakeField<std::uint32_t>("luminosityBlock");
  auto event = model->MakeField<std::uint64_t>("event");
  auto weight = model->MakeField<float>("genWeight");
  auto s_I = model->MakeField<std::int32_t>("s_I");
  auto s_b = model->MakeField<std::uint8_t>("s_b");
  auto s_O = model->MakeField<bool>("s_O");
  auto s_D = model->MakeField<double>("s_D");
  auto A_F = model->MakeField<std::vector<float>>("A_F");
  auto A_I = model->MakeField<std::vector<std::int32_t>>("A_I");
  auto A_O = model->MakeField<std::vector<bool>>("A_O");
  auto fixed = model->MakeField<std::array<float, 3>>("fixed");
  for (auto kind : {"s_trunc", "s_quant", "s_half"}) {
    auto field = std::make_unique<ROOT::RField<float>>(kind);
    if (kind == std::string("s_trunc")) field->SetTruncated(20);
    if (kind == std::string("s_quant")) field->SetQuantized(20, {0, 128});
    if (kind == std::string("s_half")) field->SetHalfPrecision();
    model->AddField(std::move(field));
  }
  ROOT::RNTupleWriteOptions options;
  options.SetCompression(how.compression);
  options.SetEnablePageChecksums(how.checksums);
  if (how.page) options.SetMaxUnzippedPageSize(how.page), options.SetInitialUnzippedPageSize(64);
  auto writer = ROOT::RNTupleWriter::Recreate(std::move(model), "Events", name, options);
  auto &entry = writer->GetModel().GetDefaultEntry();
  auto trunc = entry.GetPtr<float>("s_trunc"), quant = entry.GetPtr<float>("s_quant");
  auto half = entry.GetPtr<float>("s_half");
  std::shared_ptr<std::vector<float>> late;
  for (int k = 0; k < N; k++) {
    if (how.late && k == how.late) {
      auto updater = writer->CreateModelUpdater();
      updater->BeginUpdate();
      late = updater->MakeField<std::vector<float>>("A_late");
      updater->CommitUpdate();
    }
    if (how.cluster && k % how.cluster == 0) writer->CommitCluster();
    *run = 1, *lumi = 1 + k / 25, *event = k, *weight = 1;
    *s_I = value<int>(k), *s_b = value<int>(k), *s_O = value<bool>(k), *s_D = value<double>(k);
    *trunc = *quant = *half = value<float>(k);
    fill(*A_F, k), fill(*A_I, k), fill(*A_O, k);
    for (int j = 0; j < 3; j++) (*fixed)[j] = value<float>(k, j);
    if (late) fill(*late, k);
    writer->Fill();
  }
}

void make() {
  write_tree("zlib.root", {101}), write_tree("lzma.root", {207}), write_tree("lz4.root", {404});
  write_tree("zstd.root", {505}), write_tree("none.root", {0});
  write_tree("small_baskets.root", {505, 150}), write_tree("clusters.root", {505, 32000, 15});
  write_tree("saved_often.root", {505, 32000, 10, 20});
  write_merged("merged.root");
  write_rntuple("rntuple.root"), write_rntuple("rntuple_lzma.root", {207});
  write_rntuple("rntuple_pages.root", {404, 256, 18, 0, false});
  write_rntuple("rntuple_late.root", {101, 0, 25, 37});
}
