"""Mail as it comes in, written after what mail programs and servers really send; all addresses are reserved ones.

`OURS` is the id of a message that a test has sent, at the domain seller.example.
"""

OURS = "3f9c1b7a5d2e4f60a1b2c3d4"
THREADED = f"In-Reply-To: <{OURS}@seller.example>\nReferences: <{OURS}@seller.example>\n"


def letter(headers: str, body: str = "", **fields: str) -> tuple[bytes, bytes]:
    """Head and body as a mailbox gives them. `fields` replace words in braces."""
    for name, value in fields.items():
        headers, body = headers.replace(f"{{{name}}}", value), body.replace(f"{{{name}}}", value)
    crlf = headers.strip("\n").replace("\n", "\r\n") + "\r\n\r\n"
    return crlf.encode("utf-8", "surrogateescape"), body.replace("\n", "\r\n").encode("utf-8", "surrogateescape")


OUTLOOK_REPLY = letter(
    """
Return-Path: <ap@buyer.example>
Received: from mx.buyer.example by mx.seller.example; Thu, 12 Mar 2026 10:02:11 +0000
From: "Payable, Ann" <Ann.Payable@Buyer.example>
To: Accounts <accounts@seller.example>
Subject: RE: Invoice INV-1041 is due
Date: Thu, 12 Mar 2026 10:02:09 +0000
Message-ID: <LO0P265MB1@LO0P265.GBRP265.PROD.OUTLOOK.example>
"""
    + THREADED
    + """Accept-Language: en-GB
Thread-Topic: Invoice INV-1041 is due
x-ms-exchange-messagesentrepresentingtype: 1
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: 8bit
""",
    """Hello,

we have paid this on Monday, ref £1,234.50.

Kind regards
Ann

________________________________
From: Accounts <accounts@seller.example>
Sent: 11 March 2026 09:00
To: Ann Payable
Subject: Invoice INV-1041 is due

Dear Ann, £1,234.50 is due.
""",
)

GMAIL_REPLY = letter(
    """
From: Bo Buyer <bo@buyer.example>
To: accounts@seller.example
Subject: Re: Invoice INV-1041 is due
Date: Thu, 12 Mar 2026 11:00:00 +0100
Message-ID: <CAFx=1@mail.gmail.example>
"""
    + THREADED
    + """Content-Type: multipart/alternative; boundary="00000000000"
""",
    """--00000000000
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

This invoice is wrong, we never got the goods=2E

On Wed, 11 Mar 2026 at 09:00, Accounts <accounts@seller.example> wrote:

> Dear Bo,
> please pay.

--00000000000
Content-Type: text/html; charset="UTF-8"

<div dir="ltr">This invoice is wrong</div><div class="gmail_quote">On Wed wrote</div>

--00000000000--
""",
)

HTML_ONLY_REPLY = letter(
    """
From: carl@buyer.example
To: accounts@seller.example
Subject: AW: Rechnung
Message-ID: <html-only@buyer.example>
Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable
""",
    """<html><head><style>p {color: red}</style></head><body><p>Wir zahlen n=E4chste Woche.</p>
<div id="divRplyFwdMsg"><b>Von:</b> Accounts</div><p>Alter Text</p></body></html>
""",
)

EXCHANGE_AWAY = letter(
    """
Return-Path: <>
From: Ann Payable <ann.payable@buyer.example>
To: accounts@seller.example
Subject: Automatic reply: Invoice INV-1041 is due
Message-ID: <away@buyer.example>
"""
    + THREADED
    + """X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent
X-MS-Exchange-Inbox-Rules-Loop: ann.payable@buyer.example
X-Auto-Response-Suppress: All
Auto-Submitted: auto-generated
Content-Type: text/plain
""",
    "I am out of the office until Monday.\n",
)

GMAIL_AWAY = letter(
    """
Return-Path: <>
From: Bo Buyer <bo@buyer.example>
To: accounts@seller.example
Subject: Out of office Re: Invoice INV-1041 is due
Message-ID: <vac@mail.gmail.example>
Precedence: bulk
X-Autoreply: yes
Auto-Submitted: auto-replied
"""
    + THREADED,
    "On holiday.\n",
)

TICKET = letter(
    """
From: Buyer Support <support@buyer.example>
To: accounts@seller.example
Subject: [Ticket 4711] We have received your request
Message-ID: <4711@support.buyer.example>
Auto-Submitted: auto-replied
"""
    + THREADED,
    "Somebody will answer soon.\n",
)

READ_RECEIPT = letter(
    """
From: ap@buyer.example
To: accounts@seller.example
Subject: Read: Invoice INV-1041 is due
Message-ID: <mdn@buyer.example>
"""
    + THREADED
    + """Content-Type: multipart/report; report-type=disposition-notification; boundary="B"
""",
    """--B
Content-Type: text/plain

Your message was read.

--B
Content-Type: message/disposition-notification

Reporting-UA: buyer.example; Outlook
Final-Recipient: rfc822;ap@buyer.example
Original-Message-ID: <x@seller.example>
Disposition: manual-action/MDN-sent-manually; displayed

--B--
""",
)

NEWSLETTER = letter(
    """
From: Buyer News <news@buyer.example>
To: accounts@seller.example
Subject: Spring offers
Message-ID: <news1@buyer.example>
List-Unsubscribe: <https://buyer.example/stop>
List-Id: <news.buyer.example>
Precedence: bulk
""",
    "Buy!\n",
)

THROUGH_OUR_GROUP = letter(
    """
From: ap@buyer.example
To: accounts@seller.example
Subject: your reminder
Message-ID: <g1@buyer.example>
Mailing-list: list accounts@seller.example
List-ID: <accounts.seller.example>
List-Unsubscribe: <https://groups.example/seller.example/accounts>
Precedence: list
""",
    "We dispute this.\n",
)

POSTFIX_BOUNCE = letter(
    """
Return-Path: <>
Date: Thu, 12 Mar 2026 09:31:00 +0000 (UTC)
From: MAILER-DAEMON@mx.seller.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: accounts@seller.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="5A1.1"
Message-Id: <20260312093100.5A1@mx.seller.example>
""",
    """This is a MIME-encapsulated message.

--5A1.1
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.seller.example. {recipient}: user unknown

--5A1.1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.seller.example
X-Postfix-Queue-ID: 5A1
Arrival-Date: Thu, 12 Mar 2026 09:30:59 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.buyer.example
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>:
    Recipient address rejected: User unknown

--5A1.1
Content-Description: Undelivered Message
Content-Type: message/rfc822

Message-ID: <{ours}@seller.example>
X-Dun-Message: {ours}
From: accounts@seller.example
To: {recipient}
Subject: Invoice INV-1041 is due

Dear Ann

--5A1.1--
""",
    recipient="ap@buyer.example",
    ours=OURS,
)

EXCHANGE_BOUNCE = letter(
    """
From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@buyer.example>
To: <accounts@seller.example>
Subject: Undeliverable: Invoice INV-1041 is due
Message-ID: <exch-ndr@buyer.example>
In-Reply-To: <{ours}@seller.example>
X-MS-Exchange-Message-Is-Ndr:
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="_2_"
""",
    """--_2_
Content-Type: text/html; charset="us-ascii"

<html><body>Your message couldn't be delivered: the mailbox is full.</body></html>

--_2_
Content-Type: message/delivery-status

Reporting-MTA: dns;buyer.example
Received-From-MTA: dns;seller.example

Final-Recipient: rfc822;ap@buyer.example
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp;554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException

--_2_
Content-Type: text/rfc822-headers

Message-ID: <{ours}@seller.example>
X-Dun-Message: {ours}

--_2_--
""",
    ours=OURS,
)

DELAYED = letter(
    """
Return-Path: <>
From: MAILER-DAEMON@mx.seller.example
Subject: Delayed Mail (still being retried)
To: accounts@seller.example
Auto-Submitted: auto-replied
Message-ID: <delay@mx.seller.example>
Content-Type: multipart/report; report-type=delivery-status; boundary="D"
""",
    """--D
Content-Type: text/plain

Still trying.

--D
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.seller.example

Final-Recipient: rfc822; ap@buyer.example
Action: delayed
Status: 4.4.1

--D
Content-Type: text/rfc822-headers

X-Dun-Message: {ours}

--D--
""",
    ours=OURS,
)

EXIM_BOUNCE = letter(
    """
Return-Path: <>
X-Failed-Recipients: ap@buyer.example, boss@buyer.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@host.seller.example>
To: accounts@seller.example
Subject: Mail delivery failed: returning message to sender
Message-Id: <exim@host.seller.example>
""",
    "A message that you sent could not be delivered.\n",
)

COMPLAINT = letter(
    """
From: <feedback@provider.example>
To: accounts@seller.example
Subject: FW: Invoice INV-1041 is due
Message-ID: <arf@provider.example>
Content-Type: multipart/report; report-type=feedback-report; boundary="F"
""",
    """--F
Content-Type: text/plain

This is an email abuse report.

--F
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1
Original-Rcpt-To: <ap@buyer.example>

--F
Content-Type: message/rfc822

Message-ID: <{ours}@seller.example>
Subject: Invoice INV-1041 is due

Dear Ann
--F--
""",
    ours=OURS,
)

LOOKS_AUTOMATIC = letter(
    """
From: ap@buyer.example
To: accounts@seller.example
Subject: Automatic reply: not really
Message-ID: <human-after-all@buyer.example>
"""
    + THREADED,
    "I typed this subject myself.\n",
)

OUR_OWN_COPY = letter(
    """
From: Accounts <accounts@seller.example>
To: ap@buyer.example
Subject: Invoice INV-1041 is due
Message-ID: <{ours}@seller.example>
X-Dun-Message: {ours}
""",
    "Dear Ann\n",
    ours=OURS,
)
