use serde_json::json;

use super::Country;

pub(super) fn country() -> Country {
    let rate = |rate: &str| json!([{"name": "IVA", "rate": rate, "included": true, "compound": false}]);
    Country {
        settings: json!({
            "name": "Trattoria da Mario", "legal_name": "Mario Rossi S.r.l.", "address": "Via Garibaldi 12\n00153 Roma",
            "country": "IT", "vat_id": "IT00743110157", "cash_rounding": 5, "receipt_footer": "Grazie e arrivederci!",
            "service_charges": [{"name": "Coperto", "per_guest": 200, "tax": "as_lines"}],
        }),
        rates: [rate("10"), rate("22")],
        menu: [("Carbonara", 1250), ("Birra", 480), ("Guanciale", 151)],
        table: "Finestra 5",
        discount: "Sconto soci 10 %",
        tenders: ["Contanti", "Carta"],
        refund: "freddo",
        expected: [BILL, SALE, REFUND, CORRECTION],
        html: [&["<html lang=\"it\">"], &["<p class=\"kind\">di vendita o prestazione</p>"]],
        copy: "COPIA",
    }
}

const BILL: &str = "
            Trattoria da Mario
            Mario Rossi S.r.l.
             Via Garibaldi 12
                00153 Roma
           P.IVA IT00743110157
==========================================
                 PRECONTO
    *** NON VALIDO AI FINI FISCALI ***
Data: 20-11-2026 19:31
Inizio: 20-11-2026 18:00
Ordine: 1
Coperti: 2
Tavolo: Finestra 5
Servito da: Walter
------------------------------------------
DESCRIZIONE                 IVA Prezzo (€)
2 x Carbonara               10%      25,00
  12,50 cad.
  + Guanciale                         3,02
1 x Birra                   22%       4,80
------------------------------------------
Subtotale                            32,82
Sconto soci 10 %                     -3,28
Coperto                 10%+22%       4,00
TOTALE COMPLESSIVO                   33,54
di cui IVA                            3,48
------------------------------------------
DA PAGARE                            33,54
------------------------------------------
Aliquota                Imponibile Imposta
IVA 10 %                     26,04    2,60
IVA 22 %                      4,02    0,88
==========================================
          Grazie e arrivederci!
    *** NON VALIDO AI FINI FISCALI ***
";
const SALE: &str = "
            Trattoria da Mario
            Mario Rossi S.r.l.
             Via Garibaldi 12
                00153 Roma
           P.IVA IT00743110157
==========================================
          DOCUMENTO COMMERCIALE
         di vendita o prestazione
Documento N.: R 1
Data: 20-11-2026 19:31
Inizio: 20-11-2026 18:00
Ordine: 1
Coperti: 2
Tavolo: Finestra 5
Servito da: Walter
------------------------------------------
DESCRIZIONE                 IVA Prezzo (€)
2 x Carbonara               10%      25,00
  12,50 cad.
  + Guanciale                         3,02
1 x Birra                   22%       4,80
------------------------------------------
Subtotale                            32,82
Sconto soci 10 %                     -3,28
Coperto                 10%+22%       4,00
TOTALE COMPLESSIVO                   33,54
di cui IVA                            3,48
Arrotondamento                        0,01
------------------------------------------
Pagamento elettronico: Carta Visa
****4242                             23,00
  di cui mancia                       3,00
Pagamento contante                   50,00
Resto                               -36,45
Importo pagato                       33,55
------------------------------------------
Aliquota                Imponibile Imposta
IVA 10 %                     26,04    2,60
IVA 22 %                      4,02    0,88
==========================================
          Grazie e arrivederci!
";
const REFUND: &str = "
            Trattoria da Mario
            Mario Rossi S.r.l.
             Via Garibaldi 12
                00153 Roma
           P.IVA IT00743110157
==========================================
          DOCUMENTO COMMERCIALE
          emesso per RESO MERCE
Documento N.: R 2
Documento di riferimento: R 1 del
20-11-2026
Data: 21-11-2026 12:05
Ordine: 1
Coperti: 2
Tavolo: Finestra 5
Servito da: Walter
Cassa: Mara
Motivo: freddo
------------------------------------------
DESCRIZIONE                 IVA Prezzo (€)
1 x Carbonara               10%     -12,61
------------------------------------------
Subtotale                           -12,61
TOTALE COMPLESSIVO                  -12,61
di cui IVA                           -1,15
Arrotondamento                        0,01
------------------------------------------
Pagamento contante                  -12,60
Importo pagato                      -12,60
------------------------------------------
Aliquota                Imponibile Imposta
IVA 10 %                    -11,46   -1,15
==========================================
          Grazie e arrivederci!
";
const CORRECTION: &str = "
            Trattoria da Mario
            Mario Rossi S.r.l.
             Via Garibaldi 12
                00153 Roma
           P.IVA IT00743110157
==========================================
           DOCUMENTO GESTIONALE
         correzione del pagamento
Documento N.: R 3
Documento di riferimento: R 1 del
20-11-2026
Data: 21-11-2026 12:05
Ordine: 1
Coperti: 2
Tavolo: Finestra 5
Servito da: Walter
Cassa: Mara
------------------------------------------
La vendita resta come nel documento di
riferimento: si corregge solo la forma di
pagamento.
------------------------------------------
Pagamento elettronico: Carta Visa
****4242                            -23,00
  di cui mancia                      -3,00
Other                                23,00
  di cui mancia                       3,00
==========================================
          Grazie e arrivederci!
";
