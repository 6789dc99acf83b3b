"""Property names the service knows per entity, from Intuit's schema; anything else in a body is refused with 2010."""

_ENTITY = "Id SyncToken MetaData CustomField AttachableRef domain status sparse"
_TRANSACTION = (
    "DocNumber TxnDate TxnSubType DepartmentRef CurrencyRef ExchangeRate PrivateNote TxnStatus LinkedTxn Line "
    "TxnTaxDetail TxnSource TaxFormType TaxFormNum TransactionLocationType Tag TxnApprovalInfo RecurDataRef "
    "RecurringInfo ProjectRef TotalCostAmount HomeTotalCostAmount"
)
_SALES = (
    "AutoDocNumber CustomerRef CustomerMemo BillAddr ShipAddr FreeFormAddress ShipFromAddr RemitToRef ClassRef "
    "SalesTermRef DueDate SalesRepRef PONumber FOB ShipMethodRef ShipDate TrackingNum GlobalTaxCalculation "
    "TotalAmt HomeTotalAmt ApplyTaxAfterDiscount ShippingTaxIncludedInTotalTax TemplateRef PrintStatus "
    "EmailStatus BillEmail BillEmailCc BillEmailBcc ARAccountRef Balance HomeBalance FinanceCharge "
    "PaymentMethodRef PaymentRefNum PaymentType CheckPayment CreditCardPayment DepositToAccountRef DeliveryInfo "
    "DiscountRate DiscountAmt GovtTxnRefIdentifier TaxExemptionRef"
)
_INVOICE = (
    "Deposit AllowIPNPayment AllowOnlinePayment AllowOnlineCreditCardPayment AllowOnlineACHPayment "
    "AllowOnlinePayPalPayment AllowOnlineAffirmPayment EInvoiceStatus ECloudStatusTimeStamp CfdiUse Exportation "
    "GlobalInfo invoiceStatus callToAction invoiceStatusLog InvoiceEx LessCIS InvoiceLink PaymentDetailsMessage "
    "ConvenienceFeeDetail EnabledSurchargeInfo InvoiceLinkSecurityCode InvoiceLinkExpiryDate AutoPayEligible "
    "SchedulePayEligible ScheduledPaymentId GratuityEnabled FinancingProductType SubscriptionPaymentsSetting "
    "TxnRetainageDetail"
)
_PAYMENT = (
    "CustomerRef RemitToRef ARAccountRef DepositToAccountRef PaymentMethodRef PaymentRefNum PaymentType "
    "CheckPayment CreditCardPayment TotalAmt UnappliedAmt ProcessPayment PaymentExtendedType PaymentEx"
)
_CREDIT_MEMO = "RemainingCredit InvoiceRef CreditMemoEx"
_CUSTOMER = (
    "IntuitId Organization Title GivenName MiddleName FamilyName Suffix FullyQualifiedName CompanyName "
    "DisplayName PrintOnCheckName UserId Active V4IDPseudonym PrimaryPhone AlternatePhone Mobile Fax "
    "PrimaryEmailAddr WebAddr OtherContactInfo DefaultTaxCodeRef Taxable BillAddr ShipAddr OtherAddr ContactName "
    "AltContactName Notes Job BillWithParent RootCustomerRef ParentRef Level CustomerTypeRef SalesTermRef "
    "SalesRepRef TaxGroupCodeRef TaxRateRef PaymentMethodRef CCDetail PriceLevelRef Balance OpenBalanceDate "
    "BalanceWithJobs CreditLimit AcctNum CurrencyRef OverDueBalance TotalRevenue TotalExpense "
    "PreferredDeliveryMethod ResaleNum JobInfo TDSEnabled CustomerEx SecondaryTaxIdentifier ARAccountRef "
    "PrimaryTaxIdentifier TaxExemptionReasonId IsProject BusinessNumber GSTIN GSTRegistrationType IsCISContractor "
    "ClientCompanyId ClientEntityId Source TaxRegime"
)
_ATTACHABLE = (
    "FileName FileAccessUri TempDownloadUri Size ContentType Category Lat Long PlaceName Note "
    "ThumbnailFileAccessUri ThumbnailTempDownloadUri AttachableEx documentId"
)

KNOWN = {
    "Invoice": frozenset(f"{_ENTITY} {_TRANSACTION} {_SALES} {_INVOICE}".split()),
    "Payment": frozenset(f"{_ENTITY} {_TRANSACTION} {_PAYMENT}".split()),
    "CreditMemo": frozenset(f"{_ENTITY} {_TRANSACTION} {_SALES} {_CREDIT_MEMO}".split()),
    "Customer": frozenset(f"{_ENTITY} {_CUSTOMER}".split()),
    "Attachable": frozenset(f"{_ENTITY} {_ATTACHABLE}".split()),
    "CustomerType": frozenset(f"{_ENTITY} Name ParentRef FullyQualifiedName Active".split()),
    "Term": frozenset(_ENTITY.split()),
    "CompanyInfo": frozenset(_ENTITY.split()),
    "Preferences": frozenset(_ENTITY.split()),
}
