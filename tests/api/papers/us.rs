use serde_json::json;

use super::Country;

pub(super) fn country() -> Country {
    let rate = |rate: &str| json!([{"name": "NYC sales tax", "rate": rate, "included": false, "compound": false}]);
    Country {
        settings: json!({
            "name": "Joe's Diner", "legal_name": "Joe's Diner LLC", "address": "101 Bleecker St\nNew York, NY 10012",
            "country": "US", "currency": "USD", "timezone": "America/New_York", "receipt_footer": "Thank you!",
        }),
        rates: [rate("8.875"), rate("8.875")],
        menu: [("Burger", 1650), ("Draft beer", 800), ("Cheddar", 150)],
        table: "Booth 3",
        discount: "Neighbors 10%",
        tenders: ["Cash", "Card"],
        refund: "cold",
        expected: [BILL, SALE, REFUND, CORRECTION],
        html: [&["<html lang=\"en-US\">", "<p class=\"line\">Tip</p>"], &["$"]],
        copy: "COPY",
    }
}

const BILL: &str = "
               Joe's Diner
             Joe's Diner LLC
             101 Bleecker St
            New York, NY 10012
==========================================
               GUEST CHECK
          *** NOT A RECEIPT ***
Date: 11/20/2026 1:31 PM
Opened: 11/20/2026 12:00 PM
Order #: 1
Guests: 2
Table: Booth 3
Server: Walter
------------------------------------------
2 x Burger                           33.00
  16.50 each
  + Cheddar                           3.00
1 x Draft beer                        8.00
------------------------------------------
Subtotal                             44.00
Neighbors 10%                        -4.40
NYC sales tax 8.875 %                 3.52
TOTAL                               $43.12
------------------------------------------
AMOUNT DUE                          $43.12
------------------------------------------
Suggested tips, before tax
  15 %                                5.94
  18 %                                7.13
  20 %                                7.92
------------------------------------------
Tip: _____________________________________
Total: ___________________________________
==========================================
                Thank you!
          *** NOT A RECEIPT ***
";
const SALE: &str = "
               Joe's Diner
             Joe's Diner LLC
             101 Bleecker St
            New York, NY 10012
==========================================
                 RECEIPT
Receipt #: R 1
Date: 11/20/2026 1:31 PM
Opened: 11/20/2026 12:00 PM
Order #: 1
Guests: 2
Table: Booth 3
Server: Walter
------------------------------------------
2 x Burger                           33.00
  16.50 each
  + Cheddar                           3.00
1 x Draft beer                        8.00
------------------------------------------
Subtotal                             44.00
Neighbors 10%                        -4.40
NYC sales tax 8.875 %                 3.52
TOTAL                               $43.12
------------------------------------------
Card Visa ****4242                   23.00
  of which tip                        3.00
Cash                                 50.00
Change                              -26.88
==========================================
                Thank you!
";
const REFUND: &str = "
               Joe's Diner
             Joe's Diner LLC
             101 Bleecker St
            New York, NY 10012
==========================================
                  REFUND
Receipt #: R 2
For receipt #: R 1 of 11/20/2026
Date: 11/21/2026 6:05 AM
Order #: 1
Guests: 2
Table: Booth 3
Server: Walter
Cashier: Mara
Reason: cold
------------------------------------------
1 x Burger                          -16.20
------------------------------------------
Subtotal                            -16.20
NYC sales tax 8.875 %                -1.44
TOTAL                              -$17.64
------------------------------------------
Cash                                -17.64
==========================================
                Thank you!
";
const CORRECTION: &str = "
               Joe's Diner
             Joe's Diner LLC
             101 Bleecker St
            New York, NY 10012
==========================================
            PAYMENT CORRECTION
Receipt #: R 3
For receipt #: R 1 of 11/20/2026
Date: 11/21/2026 6:05 AM
Order #: 1
Guests: 2
Table: Booth 3
Server: Walter
Cashier: Mara
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
                Thank you!
";
