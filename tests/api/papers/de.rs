use serde_json::json;

use super::Country;

pub(super) fn country() -> Country {
    let rate = |rate: &str| json!([{"name": "MwSt", "rate": rate, "included": true, "compound": false}]);
    Country {
        settings: json!({
            "name": "Gasthaus Krone", "legal_name": "Krone Gastronomie GmbH", "address": "Marktplatz 1\n80331 München",
            "country": "DE", "tax_number": "143/123/45678", "timezone": "Europe/Berlin",
            "receipt_footer": "Vielen Dank für Ihren Besuch!",
        }),
        rates: [rate("7"), rate("19")],
        menu: [("Schnitzel", 1890), ("Helles", 520), ("Preiselbeeren", 150)],
        table: "Stammtisch",
        discount: "Treuerabatt 10 %",
        tenders: ["Bar", "Karte"],
        refund: "kalt",
        expected: [BILL, SALE, REFUND, CORRECTION],
        html: [&["<html lang=\"de\">"], &["<p class=\"line\">Bewirtete Personen</p>"]],
        copy: "KOPIE",
    }
}

const BILL: &str = "
              Gasthaus Krone
          Krone Gastronomie GmbH
               Marktplatz 1
              80331 München
         Steuernr. 143/123/45678
==========================================
             ZWISCHENRECHNUNG
    *** KEINE RECHNUNG, KEIN BELEG ***
Datum: 20.11.2026 19:31
Beginn: 20.11.2026 18:00
Bestellung: 1
Gäste: 2
Tisch: Stammtisch
Bedienung: Walter
------------------------------------------
2 x Schnitzel                 A      37,80
  18,90 je Stück
  + Preiselbeeren                     3,00
1 x Helles                    B       5,20
------------------------------------------
Zwischensumme                        46,00
Treuerabatt 10 %                     -4,60
SUMME EUR                            41,40
------------------------------------------
OFFEN                                41,40
------------------------------------------
Satz                   Netto Steuer Brutto
A MwSt 7 %             34,32   2,40  36,72
B MwSt 19 %             3,93   0,75   4,68
==========================================
      Vielen Dank für Ihren Besuch!
    *** KEINE RECHNUNG, KEIN BELEG ***
";
const SALE: &str = "
              Gasthaus Krone
          Krone Gastronomie GmbH
               Marktplatz 1
              80331 München
         Steuernr. 143/123/45678
==========================================
                 RECHNUNG
Beleg-Nr.: R 1
Datum: 20.11.2026 19:31
Beginn: 20.11.2026 18:00
Bestellung: 1
Gäste: 2
Tisch: Stammtisch
Bedienung: Walter
------------------------------------------
2 x Schnitzel                 A      37,80
  18,90 je Stück
  + Preiselbeeren                     3,00
1 x Helles                    B       5,20
------------------------------------------
Zwischensumme                        46,00
Treuerabatt 10 %                     -4,60
SUMME EUR                            41,40
------------------------------------------
Karte Visa ****4242                  23,00
  davon Trinkgeld                     3,00
Bar                                  50,00
Rückgeld                            -28,60
------------------------------------------
Satz                   Netto Steuer Brutto
A MwSt 7 %             34,32   2,40  36,72
B MwSt 19 %             3,93   0,75   4,68
------------------------------------------
Angaben zum Nachweis der Bewirtung (§ 4
Abs. 5 S. 1 Nr. 2 EStG)
Bewirtete Personen: ______________________
Anlass: __________________________________
Ort, Datum: ______________________________
Unterschrift: ____________________________
==========================================
      Vielen Dank für Ihren Besuch!
";
const REFUND: &str = "
              Gasthaus Krone
          Krone Gastronomie GmbH
               Marktplatz 1
              80331 München
         Steuernr. 143/123/45678
==========================================
                ERSTATTUNG
            Rechnungskorrektur
Beleg-Nr.: R 2
Zu Beleg: R 1 vom 20.11.2026
Datum: 21.11.2026 12:05
Bestellung: 1
Gäste: 2
Tisch: Stammtisch
Bedienung: Walter
Kasse: Mara
Grund: kalt
------------------------------------------
1 x Schnitzel                 A     -18,36
------------------------------------------
Zwischensumme                       -18,36
SUMME EUR                           -18,36
------------------------------------------
Bar                                 -18,36
------------------------------------------
Satz                   Netto Steuer Brutto
A MwSt 7 %            -17,16  -1,20 -18,36
==========================================
      Vielen Dank für Ihren Besuch!
";
const CORRECTION: &str = "
              Gasthaus Krone
          Krone Gastronomie GmbH
               Marktplatz 1
              80331 München
         Steuernr. 143/123/45678
==========================================
        KORREKTUR DER ZAHLUNGSART
Beleg-Nr.: R 3
Zu Beleg: R 1 vom 20.11.2026
Datum: 21.11.2026 12:05
Bestellung: 1
Gäste: 2
Tisch: Stammtisch
Bedienung: Walter
Kasse: Mara
------------------------------------------
Die Rechnung bleibt, wie sie ist; nur die
Zahlungsart wird hier berichtigt.
------------------------------------------
Karte Visa ****4242                 -23,00
  davon Trinkgeld                    -3,00
Other                                23,00
  davon Trinkgeld                     3,00
==========================================
      Vielen Dank für Ihren Besuch!
";
