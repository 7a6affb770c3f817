"""Every GraphQL document that is sent to Shopify. In a bulk export, SINCE stands for the window's start.

Lists inside a record take no ``first``: it would cut them without a word. Connections inside a page have one, and are
walked to their end. Where a walk begins, the granted scopes are asked for too: what is not granted may be left out.
A list that becomes a table of its own is renamed where its name would have to be quoted.
"""

VERSION = "2026-10"

MONEY = "{ shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } }"
ADDRESS = "{ countryCodeV2 provinceCode city }"
ORDER = "{ id updatedAt }"
PAGE_INFO = "{ hasNextPage endCursor }"

SCOPES = "currentAppInstallation { accessScopes { handle } }"
PERSON = f"""customers(first: 1) {{ nodes {{
    id displayName defaultEmailAddress {{ emailAddress }} defaultPhoneNumber {{ phoneNumber }} defaultAddress {ADDRESS}
  }} }}"""

SHOP = "{ shop { name myshopifyDomain currencyCode ianaTimezone } }"
GRANTED = f"{{ {SCOPES} }}"
PROTECTED = f"{{ {PERSON} }}"

START = """
mutation($query: String!) {
  bulkOperationRunQuery(query: $query, groupObjects: false) {
    bulkOperation { id status }
    userErrors { field message code }
  }
}"""
OPERATION = "bulkOperation(id: $id) { id status errorCode objectCount rootObjectCount url }"
POLL = f"query($id: ID!) {{ {OPERATION} {SCOPES} }}"
# For exports of personal data: a field that is refused must not look like one that nobody filled in.
POLL_WITH_PERSON = f"query($id: ID!) {{ {OPERATION} {SCOPES} {PERSON} }}"

ORDERS = f"""
{{
  orders(query: "updated_at:>='SINCE'") {{ edges {{ node {{
    id name createdAt updatedAt processedAt cancelledAt cancelReason cancellation {{ staffNote }} closedAt edited test
    currencyCode presentmentCurrencyCode email customerLocale sourceName tags discountCodes paymentGatewayNames
    displayFinancialStatus displayFulfillmentStatus returnStatus customer {{ id }} shippingAddress {ADDRESS}
    shippingLine {{ title code carrierIdentifier originalPriceSet {MONEY} discountedPriceSet {MONEY} }}
    subtotalPriceSet {MONEY} totalDiscountsSet {MONEY} totalShippingPriceSet {MONEY} totalTaxSet {MONEY}
    totalPriceSet {MONEY} totalRefundedSet {MONEY} totalRefundedShippingSet {MONEY}
    currentSubtotalPriceSet {MONEY} currentTotalPriceSet {MONEY}
    transactionsCount {{ count }} fulfillmentsCount {{ count }}
    transactions {{ id kind status processedAt gateway amountSet {MONEY} }}
    fulfillments {{ id status displayStatus createdAt updatedAt inTransitAt deliveredAt estimatedDeliveryAt }}
    refunds {{ id createdAt updatedAt processedAt totalRefundedSet {MONEY} }}
    lineItems {{ edges {{ node {{
      id title variantTitle vendor sku quantity currentQuantity isGiftCard requiresShipping product {{ id }}
      originalUnitPriceSet {MONEY} totalDiscountSet {MONEY}
    }} }} }}
  }} }} }}
}}"""

CUSTOMERS = f"""
{{
  customers(query: "updated_at:>='SINCE'") {{ edges {{ node {{
    id createdAt updatedAt displayName locale state verifiedEmail tags numberOfOrders
    amountSpent {{ amount currencyCode }} defaultAddress {ADDRESS}
    defaultEmailAddress {{ emailAddress marketingState marketingOptInLevel marketingUpdatedAt }}
    defaultPhoneNumber {{ phoneNumber smsMarketingConsent {{ state updatedAt }} }}
  }} }} }}
}}"""

# Every changed order, not only those with a return status: a declined or cancelled return leaves none.
RETURNS = f"""
{{
  orders(query: "updated_at:>='SINCE'") {{ edges {{ node {{
    id
    returns {{ edges {{ node {{
      id name status createdAt closedAt requestApprovedAt totalQuantity decline {{ reason note }} order {ORDER}
      returnLineItems {{ edges {{ node {{
        id quantity refundedQuantity customerNote returnReasonNote returnReasonDefinition {{ handle name }}
        ... on ReturnLineItem {{ fulfillmentLineItem {{ lineItem {{ id }} }} }}
      }} }} }}
      reverseFulfillmentOrders {{ edges {{ node {{ id status }} }} }}
    }} }} }}
  }} }} }}
}}"""

# Closed ones are left out unless they are asked for, and every fulfillment order of a delivered parcel is closed.
FULFILLMENT_ORDERS = """
{
  fulfillmentOrders(includeClosed: true, query: "updated_at:>='SINCE'") { edges { node {
    id orderId orderName orderProcessedAt status requestStatus createdAt updatedAt fulfillAt fulfillBy
    assignedLocation { name countryCode location { id } }
    deliveryMethod { methodType presentedName serviceCode minDeliveryDateTime maxDeliveryDateTime }
    holds: fulfillmentHolds { id reason reasonNotes }
    lineItems { edges { node { id totalQuantity remainingQuantity sku lineItem { id } } } }
    fulfillments { edges { node { id } } }
  } } }
}"""

ABANDONED_CHECKOUTS = f"""
{{
  abandonedCheckouts(query: "updated_at:>='SINCE'") {{ edges {{ node {{
    id name createdAt updatedAt completedAt discountCodes customer {{ id }} shippingAddress {ADDRESS}
    subtotalPriceSet {MONEY} totalDiscountSet {MONEY} totalPriceSet {MONEY}
    lineItems {{ edges {{ node {{
      id title variantTitle sku quantity product {{ id }} originalUnitPriceSet {MONEY} discountedTotalPriceSet {MONEY}
    }} }} }}
  }} }} }}
}}"""

LISTING = f"""
query($first: Int!, $after: String, $query: String!) {{
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
    nodes {{ id PARTS {{ id }} }}
    pageInfo {PAGE_INFO}
  }}
  {SCOPES}
}}"""

EVENT = "{ id status happenedAt createdAt estimatedDeliveryAt message city province country }"
FULFILLMENT_IDS = LISTING.replace("PARTS", "fulfillments")
FULFILLMENTS = f"""
query($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on Fulfillment {{
    id name status displayStatus createdAt updatedAt inTransitAt deliveredAt estimatedDeliveryAt totalQuantity
    order {ORDER} tracking: trackingInfo {{ company number url }}
    events(first: 10) {{ nodes {EVENT} pageInfo {PAGE_INFO} }}
  }} }}
}}"""
FULFILLMENT_EVENTS = f"""
query($id: ID!, $after: String) {{
  fulfillment(id: $id) {{ id events(first: 100, after: $after) {{ nodes {EVENT} pageInfo {PAGE_INFO} }} }}
}}"""

LINE = f"{{ id quantity restockType restocked subtotalSet {MONEY} totalTaxSet {MONEY} lineItem {{ id }} }}"
REFUND_IDS = LISTING.replace("PARTS", "refunds")
REFUNDS = f"""
query($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on Refund {{
    id createdAt updatedAt processedAt note totalRefundedSet {MONEY} return {{ id }} order {ORDER}
    refundLineItems(first: 5) {{ nodes {LINE} pageInfo {PAGE_INFO} }}
  }} }}
}}"""
REFUND_LINE_ITEMS = f"""
query($id: ID!, $after: String) {{
  refund(id: $id) {{ id refundLineItems(first: 100, after: $after) {{ nodes {LINE} pageInfo {PAGE_INFO} }} }}
}}"""

BULK_EXPORTS = (ORDERS, CUSTOMERS, RETURNS, FULFILLMENT_ORDERS, ABANDONED_CHECKOUTS)
DOCUMENTS = (
    *(SHOP, GRANTED, PROTECTED, START, POLL, POLL_WITH_PERSON),
    *BULK_EXPORTS,
    *(FULFILLMENT_IDS, FULFILLMENTS, FULFILLMENT_EVENTS),
    *(REFUND_IDS, REFUNDS, REFUND_LINE_ITEMS),
)
