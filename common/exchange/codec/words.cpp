#include "common/exchange/codec/words.hpp"

namespace jindu::exchange {

std::vector<Text> with_exchange_words(std::vector<Text> texts) {
  static const std::vector<Text> words{
      {"kind.dossier", "申报件", "dossier"},     {"kind.material", "材料", "material"},
      {"kind.status", "状态", "status"},         {"kind.notice", "通知", "notice"},
      {"kind.document", "文书", "document"},     {"kind.catalogue", "事项目录", "catalogue"},
      {"kind.receipts", "回执", "receipts"},     {"rung.stored", "已入库", "stored"},
      {"rung.verified", "已核验", "verified"},   {"rung.held", "暂扣", "held"},
      {"rung.released", "放行", "released"},     {"rung.carried", "已送达对端", "carried"},
      {"rung.delivered", "已交付", "delivered"}, {"rung.applied", "已处理", "applied"},
      {"rung.refused", "已退回", "refused"},     {"rung.quarantined", "已隔离", "quarantined"},
      {"rung.expired", "已过期", "expired"},
  };
  texts.insert(texts.end(), words.begin(), words.end());
  return texts;
}

}  // namespace jindu::exchange
