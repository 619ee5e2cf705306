use serde_json::json;

use super::Country;

pub(super) fn country() -> Country {
    let rate = |rate: &str| json!([{"name": "VAT", "rate": rate, "included": true, "compound": false}]);
    Country {
        settings: json!({
            "name": "The Crown", "legal_name": "Crown Inns Ltd", "address": "12 High Street\nLewes BN7 1XN",
            "country": "GB", "vat_id": "GB 123 4567 82", "currency": "GBP", "timezone": "Europe/London",
            "receipt_footer": "Thank you, see you soon",
            "service_charges": [{"name": "Discretionary service 12.5 %", "percent": "12.5", "optional": true,
                "tax": "none", "goes_to": "staff"}],
        }),
        rates: [rate("20"), rate("0")],
        menu: [("Fish and chips", 1495), ("Bag of oranges", 350), ("Mushy peas", 125)],
        table: "Snug",
        discount: "Locals 10 %",
        tenders: ["Cash", "Card"],
        refund: "cold",
        expected: [BILL, SALE, REFUND, CORRECTION],
        html: [&["<html lang=\"en-GB\">"], &["£"]],
        copy: "COPY",
    }
}

const BILL: &str = "
                The Crown
              Crown Inns Ltd
              12 High Street
              Lewes BN7 1XN
       VAT Reg. No. GB 123 4567 82
==========================================
                   BILL
        *** NOT A VAT RECEIPT ***
Date: 20/11/2026 18:31
Started: 20/11/2026 17:00
Order: 1
Covers: 2
Table: Snug
Served by: Walter
------------------------------------------
2 x Fish and chips            B      29.90
  14.95 each
  + Mushy peas                        2.50
1 x Bag of oranges            A       3.50
------------------------------------------
Subtotal                             35.90
Locals 10 %                          -3.59
Discretionary service 12.5 %          4.04
TOTAL                               £36.35
------------------------------------------
DUE                                 £36.35
------------------------------------------
Rate                        Net  VAT Gross
A VAT 0 %                  3.15 0.00  3.15
B VAT 20 %                24.30 4.86 29.16
==========================================
         Thank you, see you soon
        *** NOT A VAT RECEIPT ***
";
const SALE: &str = "
                The Crown
              Crown Inns Ltd
              12 High Street
              Lewes BN7 1XN
       VAT Reg. No. GB 123 4567 82
==========================================
               VAT RECEIPT
Receipt No.: R 1
Date and tax point: 20/11/2026 18:31
Started: 20/11/2026 17:00
Order: 1
Covers: 2
Table: Snug
Served by: Walter
------------------------------------------
2 x Fish and chips            B      29.90
  14.95 each
  + Mushy peas                        2.50
1 x Bag of oranges            A       3.50
------------------------------------------
Subtotal                             35.90
Locals 10 %                          -3.59
Discretionary service 12.5 %          4.04
TOTAL                               £36.35
------------------------------------------
Card Visa ****4242                   23.00
  of which tip                        3.00
Cash                                 50.00
Change                              -33.65
------------------------------------------
Rate                        Net  VAT Gross
A VAT 0 %                  3.15 0.00  3.15
B VAT 20 %                24.30 4.86 29.16
==========================================
         Thank you, see you soon
";
const REFUND: &str = "
                The Crown
              Crown Inns Ltd
              12 High Street
              Lewes BN7 1XN
       VAT Reg. No. GB 123 4567 82
==========================================
                  REFUND
             VAT credit note
Receipt No.: R 2
For receipt No.: R 1 of 20/11/2026
Date: 21/11/2026 11:05
Order: 1
Covers: 2
Table: Snug
Served by: Walter
Till: Mara
Reason: cold
------------------------------------------
1 x Fish and chips            A     -14.58
------------------------------------------
Subtotal                            -14.58
TOTAL                              -£14.58
------------------------------------------
Cash                                -14.58
------------------------------------------
Rate                      Net   VAT  Gross
A VAT 20 %             -12.15 -2.43 -14.58
==========================================
         Thank you, see you soon
";
const CORRECTION: &str = "
                The Crown
              Crown Inns Ltd
              12 High Street
              Lewes BN7 1XN
       VAT Reg. No. GB 123 4567 82
==========================================
          CORRECTION OF PAYMENT
Receipt No.: R 3
For receipt No.: R 1 of 20/11/2026
Date: 21/11/2026 11:05
Order: 1
Covers: 2
Table: Snug
Served by: Walter
Till: Mara
------------------------------------------
What was sold stays as it is on that
receipt; only how it was paid is set right
here.
------------------------------------------
Card Visa ****4242                  -23.00
  of which tip                       -3.00
Other                                23.00
  of which tip                        3.00
==========================================
         Thank you, see you soon
";
